"""Text-guided generation."""

from __future__ import annotations

import random
from collections.abc import Callable

from ..captions import caption
from ..contrast import visible
from ..example import Example
from ..palette import COLOUR_NAMES
from ..rules import WorldRules
from ..sampling import jittered, random_scene
from ..scene import Background, Scene
from ..unit import Unit
from ..view import View


def create(task: str, count: int | None) -> Callable[[random.Random, WorldRules], Example]:
    """Creates pictures of `count` things from text alone; None: drawn by the rules' weights."""

    def make(rng: random.Random, rules: WorldRules) -> Example:
        scene = random_scene(rng, rules, count)
        return Example(task, (Unit(lambda rng: caption(rng, scene)),), View(scene))

    return make


def create_held_out(rng: random.Random, rules: WorldRules) -> Example:
    """One thing with a held-out (colour, kind) on a plain background. For tests only."""
    colour, kind = rng.choice(sorted(rules.held_out))
    thing = jittered(rng, kind, colour, 'centre', 'medium')
    scenes = [Scene(Background('plain', name), (thing,)) for name in COLOUR_NAMES]
    scene = rng.choice([scene for scene in scenes if visible(scene)])
    return Example('held-out', (Unit(lambda rng: caption(rng, scene)),), View(scene))
