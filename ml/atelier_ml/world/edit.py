"""An edit: a change of a scene together with the instructions that ask for it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .rules import WorldRules
from .scene import Scene
from .unit import Say


@dataclass(frozen=True)
class Edit:
    """A change. `say` draws one of many wordings; `after` is the resulting scene.

    `thing`: index in `after` of the thing that was changed or added, −1 for none.
    """

    task: str
    say: Say
    after: Scene
    thing: int = -1


Change = Callable[[random.Random, Scene, WorldRules], 'Edit | None']
"""Draws an edit of a scene; None if it does not apply."""
