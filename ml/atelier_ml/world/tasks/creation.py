"""Text-guided generation."""

from __future__ import annotations

import random
from collections.abc import Callable

from ..captions import caption
from ..example import Example
from ..rules import WorldRules
from ..sampling import random_scene
from ..unit import Unit
from ..view import View


def create(task: str, count: int | None) -> Callable[[random.Random, WorldRules], Example]:
    """Makes pictures of `count` things from words alone; None: as many as the rules' weights say."""

    def make(rng: random.Random, rules: WorldRules) -> Example:
        scene = random_scene(rng, rules, count)
        return Example(task, (Unit(lambda rng: caption(rng, scene)),), View(scene))

    return make
