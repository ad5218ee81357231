"""Element and semantic editing: one edit of one picture."""

from __future__ import annotations

import random
from collections.abc import Callable

from ..edits import edited_scene
from ..example import Example
from ..mentions import asked
from ..rules import WorldRules
from ..unit import Unit, UnitImage
from ..view import View


def edit(task: str) -> Callable[[random.Random, WorldRules], Example]:
    """`task`: one of `EDITS`."""

    def make(rng: random.Random, rules: WorldRules) -> Example:
        scene, change = edited_scene(rng, rules, task)
        return Example(task, (Unit(asked(change.say), (UnitImage(View(scene)),)),), View(change.after))

    return make
