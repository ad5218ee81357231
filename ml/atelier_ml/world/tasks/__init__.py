"""All tasks of the small world. A task draws an example, given a random generator and the rules."""

from __future__ import annotations

import random
from collections.abc import Callable

from ..example import Example
from ..rules import WorldRules
from ..seeds import Split, scene_random
from ..view import VIEWS
from .creation import create
from .elements import edit
from .history import first_colour, later_edit, long_chat, put_back, undo
from .layers import cut_out, put_in
from .references import reference, take_style
from .repainting import inpaint, outpaint
from .views import analysis, controlled
from .written import WRITTEN

Make = Callable[[random.Random, WorldRules], Example]

GROUPS: dict[str, dict[str, Make]] = {
    'create': {
        'create-one': create('create-one', 1),
        'create-two': create('create-two', 2),
        'create-three': create('create-three', 3),
        'create-any': create('create-any', None),
        'create-word': WRITTEN['create-word'],
    },
    'element': {
        **{task: edit(task) for task in ('recolour', 'add', 'remove', 'replace', 'move', 'resize')},
        'add-word': WRITTEN['add-word'],
        'remove-word': WRITTEN['remove-word'],
    },
    'semantic': {task: edit(task) for task in ('background', 'style', 'day-night')},
    'analysis': {kind: analysis(kind) for kind in VIEWS[1:]},
    'control': {f'from-{kind}': controlled(kind) for kind in VIEWS[1:]},
    'repaint': {'inpaint': inpaint, 'outpaint': outpaint},
    'layer': {'cut-out': cut_out, 'put-in': put_in, 'reference': reference, 'take-style': take_style},
    'history': {
        'undo': undo,
        'put-back': put_back,
        'first-colour': first_colour,
        'later-edit': later_edit,
        'long-chat': long_chat,
    },
}
"""Group → task → the function that draws its examples. A training batch has a single group."""

TASKS: dict[str, Make] = {task: make for tasks in GROUPS.values() for task, make in tasks.items()}


def tasks_in(rules: WorldRules) -> tuple[str, ...]:
    """The tasks of a world: all, or all except those with written words."""
    return tuple(task for task in TASKS if rules.words or task not in WRITTEN)


def random_example(task: str, split: Split, index: int, rules: WorldRules) -> Example:
    """The `index`-th example (≥ 0) of a task in a split; deterministic."""
    return TASKS[task](scene_random(split, index), rules)
