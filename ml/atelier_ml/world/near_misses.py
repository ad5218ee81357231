"""Near misses: scenes that are easily mistaken for a given one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from .draw import draw_scenes
from .scene import FILLS, STYLES, Scene

NEAR_MISSES = 6
"""Number of near misses per scene."""

_SMALLER, _BIGGER = 0.87, 1.15
"""Almost a different size: the sizes in `scene.py` are 20 to 40 % apart."""
_KINDS_TRIED = 6
_NEW = 0.7
"""Probability that the changed thing is a new one, if there are any."""


def near_misses(rng: random.Random, scene: Scene, new: Sequence[int], kinds: Sequence[str]) -> list[Scene]:
    """`NEAR_MISSES` scenes: with one thing slightly smaller, slightly bigger, of two other kinds (the most similar of a
    random few), and with another fill; and the whole scene in another style.

    `new`: indices of the things that were not in the input images. For a scene without things, all but the last are
    the scene itself.
    """
    style = replace(scene, style=rng.choice([name for name in STYLES if name != scene.style]))
    if not scene.things:
        return [scene] * (NEAR_MISSES - 1) + [style]
    index = rng.choice(new) if new and rng.random() < _NEW else rng.randrange(len(scene.things))
    thing = scene.things[index]
    others = [kind for kind in kinds if kind != thing.kind]
    tried = [
        scene.with_thing(index, replace(thing, kind=kind))
        for kind in rng.sample(others, min(_KINDS_TRIED, len(others)))
    ]
    drawn = draw_scenes([scene, *tried])
    alike = (drawn[1:] - drawn[:1]).abs().mean((1, 2, 3)).argsort()[:2].tolist()
    # The blocks of the style `pixel` hide patterns.
    fills = [fill for fill in FILLS if fill != thing.fill and scene.style != 'pixel'] or [thing.fill]
    return [
        scene.with_thing(index, replace(thing, grow=thing.grow * _SMALLER)),
        scene.with_thing(index, replace(thing, grow=thing.grow * _BIGGER)),
        *(tried[place] for place in alike),
        scene.with_thing(index, replace(thing, fill=rng.choice(fills))),
        style,
    ]
