"""Judges what a picture shows in the place of a thing."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from torch import Tensor

from .draw import draw_scenes
from .palette import COLOUR_NAMES, COLOURS
from .scene import FILLS, SIZES, Scene, Thing, radius_of
from .surroundings import surroundings

_STEP = 0.025
"""Step of the search for a thing's position, as a fraction of the side."""
_ASTRAY = (0.08, 0.13)
"""Distances at which a thing counts as misplaced, as fractions of the side."""
_GROWTHS = (0.93, 1.0, 1.07)
_SIZE_FACTORS = (0.53, 0.63, 0.71, 0.79, 0.86, 0.93, 1.0, 1.08, 1.16, 1.25, 1.4, 1.6, 1.9)
_SAME_GREY = 25
"""Greys (0..255) that differ by less are considered the same."""


@dataclass(frozen=True)
class ThingSeen:
    """`thing`: the nearest drawing; the rest: whether it agrees with the expected thing."""

    thing: Thing
    kind: bool
    colour: bool
    fill: bool
    place: bool
    size: bool


def judge_thing(picture: Tensor, expected: Scene, index: int, kinds: tuple[str, ...]) -> ThingSeen:
    """Finds the drawing nearest to a picture `[3, h, w]` around the place of a thing.

    First tries all kinds in all colours and sizes at the expected place, then the best few slightly displaced and
    scaled, then the best of these with other fills, farther away and in more sizes. In the style `monochrome` a colour
    is correct if its grey is; in `pixel`, whose blocks hide patterns, every fill is.
    """
    thing = expected.things[index]

    def nearest(options: list[Thing], count: int = 1) -> list[Thing]:
        errors = _errors(picture, expected, index, options)
        return [options[i] for i in errors.topk(min(count, len(options)), largest=False).indices.tolist()]

    first = [replace(thing, kind=kind, colour=colour) for kind in kinds for colour in COLOUR_NAMES]
    first += [replace(thing, kind=kind, size=size) for kind in kinds for size in SIZES if size != thing.size]
    best = nearest(first, 4)
    found = nearest(
        [
            _moved(option, dx * _STEP, dy * _STEP, grow)
            for option in best
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
            for grow in _GROWTHS
        ]
    )[0]
    astray = [
        _moved(found, distance * math.cos(turn * math.pi / 4), distance * math.sin(turn * math.pi / 4))
        for distance in _ASTRAY
        for turn in range(8)
    ]
    sized = nearest([_moved(found, grow=factor) for factor in _SIZE_FACTORS])[0]
    filled = nearest([replace(found, fill=fill) for fill in FILLS])[0]
    return ThingSeen(
        found,
        found.kind == thing.kind,
        found.colour == thing.colour or (expected.style == 'monochrome' and _same_grey(found.colour, thing.colour)),
        filled.fill == thing.fill or expected.style == 'pixel',
        nearest([found, *astray])[0] is found,
        _size(sized) == thing.size,
    )


def _moved(thing: Thing, dx: float = 0.0, dy: float = 0.0, grow: float = 1.0) -> Thing:
    return replace(thing, dx=thing.dx + dx, dy=thing.dy + dy, grow=thing.grow * grow)


def _size(thing: Thing) -> str:
    """The size with the nearest nominal radius."""
    return min(SIZES, key=lambda size: abs(math.log(thing.place[2] / radius_of(thing.spot, size))))


def _same_grey(first: str, second: str) -> bool:
    greys = [0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in (COLOURS[first], COLOURS[second])]
    return abs(greys[0] - greys[1]) < _SAME_GREY


def _errors(picture: Tensor, expected: Scene, index: int, options: list[Thing]) -> Tensor:
    """Difference between each drawing and the picture around the thing, `[options]`."""
    side = picture.shape[-1]
    drawn = draw_scenes([expected.with_thing(index, option) for option in options], side)
    part = surroundings(expected.things[index], side)
    return (drawn[:, :, *part] - picture[:, *part]).abs().sum(dim=(1, 2, 3))
