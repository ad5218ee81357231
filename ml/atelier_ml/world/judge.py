"""Judges pictures by analysis-by-synthesis: a picture shows what the nearest of all drawn alternatives shows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .draw import draw_scenes
from .judge_background import background_right
from .judge_style import style_right
from .judge_thing import judge_thing
from .judge_word import word_right
from .scene import Scene

_UNCHANGED_AT_MOST = 0.04
"""Mean absolute difference (of a 0..1 range) outside the edited region that still counts as unchanged."""


@dataclass(frozen=True)
class Verdict:
    """What is right: the background, each thing's kind, colour, fill, place and size, the style of all, and the word
    (true where none is expected)."""

    background: bool
    kinds: tuple[bool, ...]
    colours: tuple[bool, ...]
    fills: tuple[bool, ...]
    places: tuple[bool, ...]
    sizes: tuple[bool, ...]
    style: bool
    word: bool = True

    @property
    def passed(self) -> bool:
        """Whether everything is right."""
        things = (self.kinds, self.colours, self.fills, self.places, self.sizes)
        return self.background and self.style and self.word and all(all(answers) for answers in things)


def judge(picture: Tensor, expected: Scene, kinds: tuple[str, ...]) -> Verdict:
    """Compares a picture `[3, h, w]` (−1..1) with drawings of every kind, colour, fill, size, style and background."""
    seen = [judge_thing(picture, expected, index, kinds) for index in range(len(expected.things))]
    return Verdict(
        background_right(picture, expected),
        tuple(answer.kind for answer in seen),
        tuple(answer.colour for answer in seen),
        tuple(answer.fill for answer in seen),
        tuple(answer.place for answer in seen),
        tuple(answer.size for answer in seen),
        style_right(picture, expected, tuple(answer.thing for answer in seen)),
        word_right(picture, expected),
    )


def unchanged(picture: Tensor, expected: Tensor, before: Tensor, given: Tensor | None = None) -> tuple[bool, float]:
    """Whether what an edit should leave alone was left alone, and the mean difference there, 0..1.

    Compared with `given`, the picture that was edited, when it is not the drawn one.

    The edited region is where the expected picture differs from the one before, with a margin of two pixels.
    """
    outside = ~_edited_region(expected, before, 2)
    if not outside.any():
        return True, 0.0
    difference = ((picture - (expected if given is None else given)).abs() / 2).mean(0)[outside].mean().item()
    return difference <= _UNCHANGED_AT_MOST, difference


def changed_as_asked(picture: Tensor, expected: Tensor, before: Tensor) -> bool:
    """Whether the edited region is much nearer to the expected picture than to the one before."""
    inside = _edited_region(expected, before, 0)
    return bool(
        (picture - expected).abs().mean(0)[inside].mean() < 0.5 * (picture - before).abs().mean(0)[inside].mean()
    )


def _edited_region(expected: Tensor, before: Tensor, margin: int) -> Tensor:
    """`[h, w]`: where two pictures differ, and as many pixels around."""
    changed = ((expected - before).abs().amax(0, keepdim=True) > 0.05).float()
    return torch.nn.functional.max_pool2d(changed, 2 * margin + 1, stride=1, padding=margin)[0] > 0


def empty_right(picture: Tensor, expected: Scene) -> bool:
    """Whether nothing is left in a picture that should be empty: near the expected background everywhere."""
    drawn = draw_scenes([expected], picture.shape[-1])[0]
    return ((picture - drawn).abs() / 2).mean(0).quantile(0.99).item() < 0.15
