"""Turns with a history: some can only be answered with it, for others it must make no difference."""

from __future__ import annotations

import random
from dataclasses import replace

from ..contrast import visible
from ..edit import Edit
from ..edits import EDITS, change_background, random_edit
from ..element_edits import recolour, replace_kind
from ..example import Example
from ..mentions import asked
from ..rules import WorldRules
from ..sampling import random_scene
from ..scene import Scene
from ..unit import Say, Unit, UnitImage
from ..view import VIEWS, View
from ..words import referred
from .views import analysis_words

_ANALYSES = 0.3
"""Fraction of long chats that end with an analysis."""

_UNDO = (
    'undo the last change', 'undo that', 'undo the last edit', 'take back the last change', 'revert the last change',
    'go back to the picture before', 'make it like it was before', 'undo it',
)  # fmt: skip
_PUT_BACK = (
    'put back what you removed', 'bring back what you removed', 'put back the object you removed',
    'bring back the removed object', 'restore what you removed', 'add what you removed again',
)  # fmt: skip
_FIRST_COLOUR = (
    'give {} the colour it had at first', 'give {} its first colour back', 'make {} the colour it had at first',
    'change {} back to its first colour', 'turn {} back to the color it had at first', 'give {} its old colour again',
)  # fmt: skip


def later_edit(rng: random.Random, rules: WorldRules) -> Example:
    """An edit after another edit; its instruction says everything."""
    first = random_scene(rng, rules)
    one = random_edit(rng, first, rules)
    two = random_edit(rng, one.after, rules)
    return Example('later-edit', (_unit(one.say, first), _unit(two.say, one.after)), View(two.after))


def long_chat(rng: random.Random, rules: WorldRules) -> Example:
    """An edit or an analysis after two to four edits; its instruction says everything."""
    scene = random_scene(rng, rules)
    units = []
    for _ in range(rng.choice((2, 3, 4))):
        earlier = random_edit(rng, scene, rules)
        units.append(_unit(earlier.say, scene))
        scene = earlier.after
    if scene.things and scene.style == 'flat' and rng.random() < _ANALYSES:
        kind = rng.choice(VIEWS[1:])
        return Example('long-chat', (*units, _unit(analysis_words(kind), scene)), View(scene, kind))
    last = random_edit(rng, scene, rules)
    return Example('long-chat', (*units, _unit(last.say, scene)), View(last.after))


def undo(rng: random.Random, rules: WorldRules) -> Example:
    """Undoes the last edit.

    Additions are excluded: undoing one only requires remembering which of two things came last.
    """
    while True:
        first = random_scene(rng, rules, rng.choice((1, 2)))
        edit = random_edit(rng, first, rules)
        if edit.task != 'add':
            units = (_unit(edit.say, first), _unit(lambda rng: rng.choice(_UNDO), edit.after))
            return Example('undo', units, View(first))


def put_back(rng: random.Random, rules: WorldRules) -> Example:
    """Puts back a removed thing; in half of the cases after another edit."""
    while True:
        first = random_scene(rng, rules, 2)
        removal = EDITS['remove'](rng, first, rules)
        gone = next(index for index, thing in enumerate(first.things) if thing not in removal.after.things)
        since = _since(rng, removal.after, rules)
        now = since.after if since else removal.after
        wanted = replace(now, things=(*now.things[:gone], first.things[gone], *now.things[gone:]))
        if visible(wanted):
            return _conversation('put-back', first, removal, since, lambda rng: rng.choice(_PUT_BACK), wanted)


def first_colour(rng: random.Random, rules: WorldRules) -> Example:
    """Gives a recoloured thing its first colour back; in half of the cases after another edit."""
    while True:
        first = random_scene(rng, rules, rng.choice((1, 2)))
        change = recolour(rng, first, rules)
        if change is None:
            continue
        since = _since(rng, change.after, rules)
        now = since.after if since else change.after
        shown = now.things[change.thing]
        thing = replace(shown, colour=first.things[change.thing].colour)
        wanted = now.with_thing(change.thing, thing)
        if thing != shown and visible(wanted) and (thing.colour, thing.kind) not in rules.held_out:
            return _conversation('first-colour', first, change, since, _say_first_colour(shown, now), wanted)


def _say_first_colour(thing, scene: Scene) -> Say:
    return lambda rng: rng.choice(_FIRST_COLOUR).format(referred(rng, thing, scene.things))


def _since(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """In half of the cases, another edit that keeps every thing in its place."""
    edit = rng.choice((recolour, change_background, replace_kind)) if rng.random() < 0.5 else None
    return edit(rng, scene, rules) if edit else None


def _conversation(task: str, first: Scene, change: Edit, since: Edit | None, say: Say, wanted: Scene) -> Example:
    units = [_unit(change.say, first)]
    if since:
        units.append(_unit(since.say, change.after))
    return Example(task, (*units, _unit(say, since.after if since else change.after)), View(wanted))


def _unit(say: Say, scene: Scene) -> Unit:
    return Unit(asked(say), (UnitImage(View(scene)),))
