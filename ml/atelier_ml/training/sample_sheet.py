"""A contact sheet of test cases: instruction, inputs, output, target."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ..world.draw_views import draw_views
from ..world.tasks import random_example, tasks_in
from .sampler import Request, Sampler
from .sampling_settings import SamplingSettings
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


_TEST_INDEX = 1_000_000
_MARK = (1.0, -0.4, 0.6)


def draw_sheet(run: Path, path: Path, **overrides: float) -> None:
    """Draws some fixed creations and a test example of each task with the latest weights of a run.

    Samples with the exported model's defaults, except for those in `overrides`. A cell shows the inputs (with tinted
    masks), the output, and the target.
    """
    sampler = Sampler(run)
    side = sampler.config.side
    settings = replace(SamplingSettings.of(sampler.config), **overrides)
    made = sampler.sample([Request.create(text) for text in _FIXED], settings)
    cells: list[tuple[str, list[Tensor]]] = [(text, [picture]) for text, picture in zip(_FIXED, made, strict=True)]
    examples = [
        random_example(task, 'test', _TEST_INDEX + index, sampler.config.world)
        for index, task in enumerate(tasks_in(sampler.config.world))
    ]
    expected = draw_views([example.target for example in examples], side)
    rng = random.Random(3)
    requests = [Request.of(example, rng, side) for example in examples]
    made = sampler.sample_any(requests, settings)
    for example, request, picture, wanted in zip(examples, requests, made, expected, strict=True):
        shown = [tinted(image, mask) for image, mask in zip(request.images, request.masks, strict=True)]
        cells.append((f'{example.task}: ' + ' / then: '.join(request.texts), [*shown, picture, wanted]))
    save_captioned(path, cells, columns=4)


def tinted(image: Tensor, mask: Tensor | None) -> Tensor:
    """An image `[3, h, w]` with the masked part `[h, w]` tinted."""
    if mask is None:
        return image
    return torch.where(mask > 0, (image + torch.tensor(_MARK)[:, None, None]) / 2, image)
