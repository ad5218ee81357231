"""The rows of the judge's table, in the order in which they are run: those that need history first."""

from __future__ import annotations

from dataclasses import dataclass

from ..world.rules import WorldRules
from ..world.seeds import Split, scene_random, scene_seed
from ..world.tasks import TASKS, tasks_in
from ..world.tasks.creation import create_held_out
from .case import Case
from .turns import Maker, three_turns, turns_of

SPLIT: Split = 'test'
"""Training uses the other split only."""

_FIRST_INDEX = 3_000_000
"""First test index of the judge; sheets and `check` use smaller ones."""
_ROW_STRIDE = 100_000
_MOST_ROWS = 100
"""With the stride, keeps a row's first cases the same for any number of cases, and all of them when rows are added."""


@dataclass(frozen=True)
class Row:
    """`history`: whether it is run with and without history, and shown in the history table."""

    name: str
    title: str
    make: Maker
    history: bool = False


def _task(name: str, title: str, history: bool = False) -> Row:
    return Row(name, title, turns_of(TASKS[name]), history)


ROWS: tuple[Row, ...] = (
    _task('undo', 'undo the last change', True),
    _task('put-back', 'put back what was removed', True),
    _task('first-colour', 'give it its first colour', True),
    _task('later-edit', 'an edit after another one, words say everything', True),
    Row('three-turns', 'three turns, each on its own output', three_turns, True),
    _task('create-one', 'create one object'),
    _task('create-two', 'create two objects'),
    *(_task(task, task) for task in ('recolour', 'background', 'add', 'remove', 'replace')),
    _task('create-three', 'create three objects'),
    *(_task(task, task) for task in ('move', 'resize', 'style', 'day-night')),
    *(_task(task, task) for task in ('edges', 'scribble', 'segmentation', 'depth', 'low-res')),
    *(
        _task(f'from-{view}', f'picture from {view}')
        for view in ('edges', 'scribble', 'segmentation', 'depth', 'low-res')
    ),
    _task('inpaint', 'inpaint'),
    _task('outpaint', 'outpaint'),
    _task('cut-out', 'cut an object out'),
    _task('put-in', 'put the object of one picture into another'),
    _task('reference', 'draw the object of a picture anew'),
    _task('take-style', 'take the style of another picture'),
    Row('held-out', 'one object, colour and kind never seen together', turns_of(create_held_out)),
    _task('create-word', 'create one object and a word'),
    _task('add-word', 'add a word'),
    _task('remove-word', 'remove the word'),
    _task('long-chat', 'an edit or an analysis after two to four edits'),
)


def case_seed(row: int, index: int, seed: int) -> int:
    """Seed of a case, which is never a training seed."""
    return scene_seed(SPLIT, _scene_index(row, index, seed))


def draw_cases(rules: WorldRules, cases: int, seed: int, names: tuple[str, ...] = ()) -> list[Case]:
    """`cases` cases of each row (of those named, or of all): history rows first, and interleaved, so that an
    interrupted run has equally many of each. Rows of tasks that the world does not have are omitted.

    Raises ValueError for an unknown row.
    """
    unknown = set(names) - {row.name for row in ROWS}
    if unknown:
        raise ValueError(f'no such row: {", ".join(sorted(unknown))}; there are {", ".join(row.name for row in ROWS)}')
    missing = set(TASKS) - set(tasks_in(rules))
    wanted = [
        (number, row) for number, row in enumerate(ROWS) if (not names or row.name in names) and row.name not in missing
    ]
    groups = [[pair for pair in wanted if pair[1].history], [pair for pair in wanted if not pair[1].history]]
    return [
        _case(number, row, index, seed, rules) for group in groups for index in range(cases) for number, row in group
    ]


def _case(number: int, row: Row, index: int, seed: int, rules: WorldRules) -> Case:
    turns = row.make(scene_random(SPLIT, _scene_index(number, index, seed)), rules)
    own = case_seed(number, index, seed)
    return Case(
        f'{row.name}-{own}', row.name, own, turns, ('lineage', 'none') if row.history else ('lineage',), row.name
    )


def _scene_index(row: int, index: int, seed: int) -> int:
    if not 0 <= index < _ROW_STRIDE or seed < 0:
        raise ValueError(f'at most {_ROW_STRIDE} cases a row, and no negative seed')
    return _FIRST_INDEX + (seed * _MOST_ROWS + row) * _ROW_STRIDE + index
