"""Test cases: conversations of turns with known images, and turns that the model runs and the judge evaluates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..world.example import Example
from ..world.unit import Unit, UnitImage
from ..world.view import View


@dataclass(frozen=True)
class Turn:
    """One turn. `images`: its input images; `output_of`: index of the earlier turn whose output is the first of them.

    `expected`: the correct result; None: the turn is history and is not run.
    """

    instruction: str
    images: tuple[UnitImage, ...] = ()
    output_of: int | None = None
    expected: View | None = None


@dataclass(frozen=True)
class Case:
    """`id` includes the seed the case was drawn from, so equal ids mean equal cases.

    `modes`: the history modes it is run with: `lineage` (the default of a chat) and, for comparison, `none`. `task`:
    decides how its pictures are judged.
    """

    id: str
    row: str
    seed: int
    turns: tuple[Turn, ...] = field(default=())
    modes: tuple[str, ...] = ('lineage',)
    task: str = ''

    @property
    def judged(self) -> tuple[int, ...]:
        """Indices of the turns that are run and judged."""
        return tuple(index for index, turn in enumerate(self.turns) if turn.expected)

    def example(self, index: int) -> Example:
        """A judged turn as an example, for the judge."""
        turn = self.turns[index]
        return Example(self.task, (Unit(lambda _: turn.instruction, turn.images),), turn.expected)

    def before(self, index: int) -> View | None:
        """What the first image of a turn shows or should show; None for creations."""
        images = self.turns[index].images
        return images[0].view if images else None


def image_id(turn: int, place: int = 0) -> str:
    """Id of an image of a turn, in the format of the chat's ids."""
    return f'img_{place:04d}{turn:012d}'


def mentioned(instruction: str, turn: int) -> str:
    """The instruction with image names replaced by mentions of the turn's images."""
    return re.sub(r'\{image(\d?)\}', lambda name: f'@{image_id(turn, int(name[1] or 0))}', instruction)
