"""Fits the jitter of a scene's things to an image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from torch import Tensor

from .draw import draw_scenes
from .sampling import GROWTH, SHIFT
from .scene import Scene, Thing
from .surroundings import surroundings

_PASSES = ((0.8, 0.75), (0.4, 0.33), (0.2, 0.17))
"""Step sizes of each pass for displacement and growth, as fractions of the maximum jitter."""


def fit_jitter(scene: Scene, free: Iterable[int], picture: Tensor) -> Scene:
    """The scene with the jitter of its things `free` (indices) chosen so that its drawing is nearest to an image
    `[3, h, w]` (−1..1).

    Instructions never mention the jitter, so any value is right for a new thing; things that were there before keep
    theirs. The result stays within the range of `jittered`.
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
    """The thing itself, and copies with slightly different jitter."""
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
