"""Examples of the world as field rows and token ids."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from ..world.example import Example
from .pool import LONGEST, padded
from .scene_fields import SceneFields
from .scene_predictor import IMAGES
from .tokenizer import FIRST_NAME, tokenise


@dataclass(frozen=True)
class TextPairs:
    """before `[n, IMAGES, fields]`, after `[n, fields]`, ids `[n, L]` and lengths `[n]` of the current instructions;
    tasks `[n]`: the task of each example."""

    before: Tensor
    after: Tensor
    ids: Tensor
    lengths: Tensor
    tasks: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.after)


def text_pairs(examples: list[Example], fields: SceneFields, tokenizer: Tokenizer, rng: random.Random) -> TextPairs:
    """For each example the current image, one more (of the same unit, else the history's first), and the target."""
    ids, lengths = padded(tokenise(tokenizer, [example.say(rng)[-1] for example in examples], LONGEST), LONGEST)
    earlier = torch.tensor([sum(len(unit.images) for unit in example.units[:-1]) for example in examples])
    is_name = (ids >= FIRST_NAME) & (ids < FIRST_NAME + 10)
    return TextPairs(
        torch.tensor([_before(example, fields) for example in examples]),
        torch.tensor([fields.row(example.target) for example in examples]),
        # Texts number the images of their own unit; in the sequence these come after the images of the history.
        torch.where(is_name, (ids + earlier[:, None]).clamp(max=FIRST_NAME + 9), ids),
        lengths,
        tuple(example.task for example in examples),
    )


def _before(example: Example, fields: SceneFields) -> list[list[int]]:
    images = [*example.units[-1].images, *(image for unit in example.units[:-1] for image in unit.images)][:IMAGES]
    rows = [fields.row(image.view, image.region) for image in images]
    return rows + [fields.row(None)] * (IMAGES - len(rows))
