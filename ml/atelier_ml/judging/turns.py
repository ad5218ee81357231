"""Conversations for test cases, from the world's examples."""

from __future__ import annotations

import random
from collections.abc import Callable

from ..world.captions import caption
from ..world.edits import random_edit
from ..world.mentions import addressed
from ..world.rules import WorldRules
from ..world.sampling import random_scene
from ..world.tasks import Make
from ..world.unit import UnitImage
from ..world.view import View
from .case import Turn, mentioned

Maker = Callable[[random.Random, WorldRules], tuple[Turn, ...]]


def turns_of(make: Make) -> Maker:
    """The units of an example, of which the last is run."""

    def drawn(rng: random.Random, rules: WorldRules) -> tuple[Turn, ...]:
        example = make(rng, rules)
        last = len(example.units) - 1
        return tuple(
            Turn(mentioned(text, index), unit.images, expected=example.target if index == last else None)
            for index, (unit, text) in enumerate(zip(example.units, example.say(rng), strict=True))
        )

    return drawn


def three_turns(rng: random.Random, rules: WorldRules) -> tuple[Turn, ...]:
    """A creation and two edits, each applied to the model's own output of the turn before."""
    while True:
        first = random_scene(rng, rules, 1)
        one = random_edit(rng, first, rules)
        two = random_edit(rng, one.after, rules)
        if one.after.things and two.after.things:
            scenes = (first, one.after, two.after)
            edits = (
                Turn(
                    mentioned(addressed(rng, edit.say(rng)), index),
                    (UnitImage(View(scenes[index - 1])),),
                    index - 1,
                    View(scenes[index]),
                )
                for index, edit in ((1, one), (2, two))
            )
            return (Turn(caption(rng, first), expected=View(first)), *edits)
