"""A training or test example: a conversation and the image it should result in."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .unit import Unit
from .view import View


@dataclass(frozen=True)
class Example:
    """`units`: the history, oldest first, then the current unit. Units of the history have images."""

    task: str
    units: tuple[Unit, ...]
    target: View

    @property
    def layout(self) -> tuple[int, ...]:
        """Number of images per unit; examples with equal layouts fit into one batch."""
        return tuple(len(unit.images) for unit in self.units)

    @property
    def before(self) -> View | None:
        """What the first image of the current unit shows; None if it has no image."""
        images = self.units[-1].images
        return images[0].view if images else None

    def say(self, rng: random.Random) -> tuple[str, ...]:
        """One text per unit, with image names numbered within the unit."""
        return tuple(unit.say(rng) for unit in self.units)
