"""Rows without history: creations and single edits, drawn as `training/check.py` draws them."""

from __future__ import annotations

import random
from collections.abc import Callable

from ..world.captions import caption
from ..world.edits import EDITS
from ..world.mentions import addressed
from ..world.rules import WorldRules
from ..world.sampling import random_scene
from .case import Turn, mentioned

Maker = Callable[[random.Random, WorldRules], tuple[Turn, ...]]


def creation(count: int) -> Maker:
    """A picture of `count` things, from words alone."""

    def make(rng: random.Random, rules: WorldRules) -> tuple[Turn, ...]:
        scene = random_scene(rng, rules, count)
        return (Turn(caption(rng, scene), expected=scene),)

    return make


def single_edit(task: str) -> Maker:
    """One edit of a picture of one or two things."""

    def make(rng: random.Random, rules: WorldRules) -> tuple[Turn, ...]:
        while True:
            before = random_scene(rng, rules, rng.choice((1, 2)))
            edit = EDITS[task](rng, before, rules)
            if edit is not None:
                text = mentioned(addressed(rng, edit.say(rng), 0), 0)
                return (Turn(text, given=before, expected=edit.after),)

    return make
