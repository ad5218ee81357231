"""One thing to learn, or to be judged by: a conversation and the picture that should come out of it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .unit import Unit
from .view import View


@dataclass(frozen=True)
class Example:
    """`units`: those of the history, oldest first, and the current one last. Units of the history have images."""

    task: str
    units: tuple[Unit, ...]
    target: View

    @property
    def layout(self) -> tuple[int, ...]:
        """Number of images of each unit: examples of equal layout fit into one batch."""
        return tuple(len(unit.images) for unit in self.units)

    @property
    def before(self) -> View | None:
        """What the first image of the current unit shows; None when the unit has no image."""
        images = self.units[-1].images
        return images[0].view if images else None

    def say(self, rng: random.Random) -> tuple[str, ...]:
        """One text for each unit, with the image names of the unit itself."""
        return tuple(unit.say(rng) for unit in self.units)
