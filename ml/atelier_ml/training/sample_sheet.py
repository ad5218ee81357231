"""A sheet of test cases: what was asked, what came in, what came out."""

from __future__ import annotations

import random
from pathlib import Path

from torch import Tensor

from ..world.chains import chain_words, random_chain
from ..world.draw import draw_scenes
from .sampler import Request, Sampler
from .sheets import save_captioned

_FIXED = (
    'a red circle on a blue background',
    'a yellow star at night',
    'a red house on a meadow',
    'a black house on a pink background',
    'a blue square and a red triangle on white',
    'an orange fish on a blue background',
    'a white heart on a red background',
    'a purple flower above a green square on yellow',
)


def draw_sheet(run: Path, path: Path, steps: int = 20, scale: float = 2.5, rescale: float = 0.5) -> None:
    """16 creations (8 fixed, 8 test scenes), 12 edits and 6 edits with history, with the newest weights of a run."""
    sampler = Sampler(run)
    rng = random.Random(3)
    chains = [random_chain('test', 1_000_000 + index, sampler.config.world) for index in range(18)]
    words = [chain_words(rng, chain) for chain in chains]
    texts = [*_FIXED, *(word.captions[0] for word in words[:8])]
    made = sampler.sample([Request.create(text) for text in texts], steps, scale, rescale)
    cells: list[tuple[str, list[Tensor]]] = [(text, [picture]) for text, picture in zip(texts, made, strict=True)]
    first, second = (draw_scenes([chain.scenes[turn] for chain in chains], sampler.config.side) for turn in (0, 1))
    edits = [Request.edit(word.one, image) for word, image in zip(words[:12], first, strict=False)]
    for request, picture in zip(edits, sampler.sample(edits, steps, scale, rescale), strict=True):
        cells.append((request.texts[0], [request.images[0], picture]))
    later = [
        Request.later(words[index].two_later, second[index], words[index].one, first[index]) for index in range(12, 18)
    ]
    for request, picture in zip(later, sampler.sample(later, steps, scale, rescale), strict=True):
        cells.append((' / then: '.join(reversed(request.texts)), [*request.images, picture]))
    save_captioned(path, cells, columns=4)
