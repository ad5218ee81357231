"""Which of all pictures that an instruction allows is the one that somebody drew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from torch import Tensor

from .draw import draw_scenes
from .sampling import GROWTH, SHIFT
from .scene import Scene, Thing
from .surroundings import surroundings

_PASSES = ((0.8, 0.75), (0.4, 0.33), (0.2, 0.17))
"""How far each pass moves a thing and lets it grow, as shares of the most that a jitter may be."""


def fit_jitter(scene: Scene, free: Iterable[int], picture: Tensor) -> Scene:
    """The scene with the jitter of its things `free` (indices) at which its drawing is nearest to a picture
    `[3, h, w]` (−1..1).

    No words mention a jitter, so every one of them is right. What is new in a picture may have any; what was there
    before keeps its own. It never leaves what `jittered` may draw.
    """
    for index in free:
        part = surroundings(scene.things[index], picture.shape[-1])
        for shift, growth in _PASSES:
            options = _neighbours(scene.things[index], shift * SHIFT, 1 + growth * GROWTH)
            drawn = draw_scenes([scene.with_thing(index, option) for option in options], picture.shape[-1])
            errors = (drawn[:, :, *part] - picture[:, *part]).abs().sum((1, 2, 3))
            scene = scene.with_thing(index, options[int(errors.argmin())])
    return scene


def _neighbours(thing: Thing, shift: float, factor: float) -> list[Thing]:
    """The thing, and it with other jitters around its own."""
    moved = {
        replace(
            thing,
            dx=_within(thing.dx + dx, 0.0, SHIFT),
            dy=_within(thing.dy + dy, 0.0, SHIFT),
            grow=_within(thing.grow * grow, 1.0, GROWTH),
        ): None
        for dx in (-shift, 0.0, shift)
        for dy in (-shift, 0.0, shift)
        for grow in (1 / factor, 1.0, factor)
    }
    return list({thing: None, **moved})


def _within(value: float, middle: float, most: float) -> float:
    return min(middle + most, max(middle - most, value))
