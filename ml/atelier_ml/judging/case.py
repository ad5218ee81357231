"""A test case is a conversation: turns with known pictures, and turns that the model runs and that are judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..world.scene import Scene


@dataclass(frozen=True)
class Turn:
    """One turn. Its image is a drawn scene (`given`), the output of an earlier turn (`output_of`), or there is none.

    `expected` is the scene that should come out; None: the turn is history and is not run.
    """

    instruction: str
    given: Scene | None = None
    output_of: int | None = None
    expected: Scene | None = None

    @property
    def has_image(self) -> bool:
        return self.given is not None or self.output_of is not None


@dataclass(frozen=True)
class Case:
    """`id` holds the seed that it is drawn from, so that equal ids are equal cases.

    `modes` are the histories that it is run with: `lineage` (the default of a chat) and, to compare, `none`.
    """

    id: str
    row: str
    seed: int
    turns: tuple[Turn, ...] = field(default=())
    modes: tuple[str, ...] = ('lineage',)

    def before(self, index: int) -> Scene | None:
        """The scene that the image of a turn shows, or should show; None for creations."""
        turn = self.turns[index]
        return turn.given if turn.output_of is None else self.turns[turn.output_of].expected


def image_id(turn: int) -> str:
    """Id of the image of a turn of a case, in the form of the chat's ids."""
    return f'img_{turn:016d}'


def mentioned(instruction: str, turn: int) -> str:
    """The instruction with the name `{image}` written as a mention of the image of its turn."""
    return instruction.replace('{image}', f'@{image_id(turn)}')
