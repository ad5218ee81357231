"""Judges pictures by analysis-by-synthesis: a picture shows what the nearest of all drawn alternatives shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .draw import draw_scenes
from .palette import COLOUR_NAMES
from .scene import Background, Scene, Thing

_GROWTHS = (0.93, 1.0, 1.07)
_UNCHANGED_AT_MOST = 0.04
"""Mean absolute difference (of a 0..1 range) outside the edited region that still counts as unchanged."""


@dataclass(frozen=True)
class Verdict:
    """Shares of right answers are made of these: the background, and each thing's kind and colour."""

    background: bool
    kinds: tuple[bool, ...]
    colours: tuple[bool, ...]

    @property
    def passed(self) -> bool:
        return self.background and all(self.kinds) and all(self.colours)


def judge(picture: Tensor, expected: Scene, kinds: tuple[str, ...]) -> Verdict:
    """Compares a picture `[3, h, w]` (−1..1) with drawings of every kind, colour and background there is."""
    background = _background_right(picture, expected)
    answers = [_thing_seen(picture, expected, index, kinds) for index in range(len(expected.things))]
    return Verdict(
        background,
        tuple(kind == thing.kind for (kind, _), thing in zip(answers, expected.things, strict=True)),
        tuple(colour == thing.colour for (_, colour), thing in zip(answers, expected.things, strict=True)),
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


def _background_right(picture: Tensor, expected: Scene) -> bool:
    free = _free_of_things(expected, picture.shape[-1])
    options = [Background('plain', colour) for colour in COLOUR_NAMES]
    options += [Background('night', ''), Background('meadow', '')]
    if expected.background.kind == 'gradient':
        options += [
            Background('gradient', top, bottom) for top in COLOUR_NAMES for bottom in COLOUR_NAMES if top != bottom
        ]
    drawn = draw_scenes([Scene(option) for option in options], picture.shape[-1])
    errors = ((drawn - picture).abs().mean(1) * free).sum(dim=(1, 2))
    return options[int(errors.argmin())] == expected.background


def _free_of_things(scene: Scene, side: int) -> Tensor:
    """1 where a pixel is farther than 1.35 radii from every thing."""
    grid = (torch.arange(side) + 0.5) / side
    free = torch.ones(side, side)
    for thing in scene.things:
        x, y, radius = thing.place
        free *= (torch.hypot(grid[None] - x, grid[:, None] - y) > 1.35 * radius).float()
    return free


def _thing_seen(picture: Tensor, expected: Scene, index: int, kinds: tuple[str, ...]) -> tuple[str, str]:
    """(kind, colour) of the drawing that is nearest to the picture around where a thing should be.

    All kinds and colours are tried where the thing should be, then the best few a little displaced, smaller and bigger.
    """
    thing = expected.things[index]
    side = picture.shape[-1]
    options = [replace(thing, kind=kind, colour=colour) for kind in kinds for colour in COLOUR_NAMES]
    errors = _errors(picture, expected, index, options, side)
    best = [options[i] for i in errors.topk(5, largest=False).indices.tolist()]
    moves = [(dx, dy, grow) for dx in (-1, 0, 1) for dy in (-1, 0, 1) for grow in _GROWTHS]
    near = [_moved(option, *move) for option in best for move in moves]
    winner = near[int(_errors(picture, expected, index, near, side).argmin())]
    return winner.kind, winner.colour


def _moved(thing: Thing, dx: int, dy: int, grow: float) -> Thing:
    return replace(thing, dx=thing.dx + dx * 0.02, dy=thing.dy + dy * 0.02, grow=thing.grow * grow)


def _errors(picture: Tensor, expected: Scene, index: int, options: list[Thing], side: int) -> Tensor:
    drawn = draw_scenes([expected.with_thing(index, option) for option in options], side)
    x, y, radius = expected.things[index].place
    grid = (torch.arange(side) + 0.5) / side
    near = (grid - x).abs()[None] < 1.3 * radius
    near = (near & ((grid - y).abs()[:, None] < 1.3 * radius)).float()
    return ((drawn - picture).abs().mean(1) * near).sum(dim=(1, 2))
