"""Rows with history: edits that could do without it, and turns that only history can answer."""

from __future__ import annotations

import random
from dataclasses import replace

from ..world.captions import caption
from ..world.chains import draw_chain
from ..world.edits import EDITS, Edit, change_background, random_edit, recolour, replace_kind
from ..world.mentions import addressed
from ..world.rules import WorldRules
from ..world.sampling import random_scene
from ..world.scene import Scene, Thing
from ..world.words import referred
from .case import Turn, mentioned

_UNDO = (
    'undo the last change', 'undo that', 'undo the last edit', 'take back the last change', 'revert the last change',
    'go back to the picture before', 'make it like it was before',
)  # fmt: skip
_PUT_BACK = (
    'put back what you removed', 'bring back what you removed', 'put back the object you removed',
    'bring back the removed object', 'restore what you removed', 'add what you removed again',
)  # fmt: skip
_FIRST_COLOUR = (
    'give {} the colour it had at first', 'give {} its first colour back', 'make {} the colour it had at first',
    'change {} back to its first colour', 'turn {} back to the color it had at first',
)  # fmt: skip


def later_edit(rng: random.Random, rules: WorldRules) -> tuple[Turn, ...]:
    """An edit after another one, as trained: its words say everything."""
    chain = draw_chain(rng, rules)
    return (
        _history(rng, chain.first, chain.one, 0),
        _asked(rng, chain.two.say(rng), 1, chain.one.after, chain.two.after),
    )


def undo(rng: random.Random, rules: WorldRules) -> tuple[Turn, ...]:
    """The picture before the last edit is wanted again.

    Additions are left out: to undo one takes no memory beyond which of two things came last.
    """
    while True:
        first = random_scene(rng, rules, rng.choice((1, 2)))
        edit = random_edit(rng, first, rules)
        if edit.task != 'add':
            return _history(rng, first, edit, 0), _asked(rng, rng.choice(_UNDO), 1, edit.after, first)


def put_back(rng: random.Random, rules: WorldRules) -> tuple[Turn, ...]:
    """A thing was removed, in half of the cases something else was edited since, and now the thing is wanted again."""
    while True:
        first = random_scene(rng, rules, 2)
        removal = EDITS['remove'](rng, first, rules)
        gone = next(index for index, thing in enumerate(first.things) if thing not in removal.after.things)
        since = _since(rng, removal.after, rules)
        now = since.after if since else removal.after
        wanted = replace(now, things=(*now.things[:gone], first.things[gone], *now.things[gone:]))
        if _visible(first.things[gone], now):
            return _conversation(rng, first, removal, since, rng.choice(_PUT_BACK), wanted)


def first_colour(rng: random.Random, rules: WorldRules) -> tuple[Turn, ...]:
    """A thing was recoloured, in half of the cases something else was edited since, and its first colour is wanted."""
    while True:
        first = random_scene(rng, rules, rng.choice((1, 2)))
        change = recolour(rng, first, rules)
        since = _since(rng, change.after, rules)
        now = since.after if since else change.after
        shown = now.things[change.thing]
        thing = replace(shown, colour=first.things[change.thing].colour)
        if thing != shown and _visible(thing, now) and (thing.colour, thing.kind) not in rules.held_out:
            words = rng.choice(_FIRST_COLOUR).format(referred(rng, shown, now.things))
            return _conversation(rng, first, change, since, words, now.with_thing(change.thing, thing))


def three_turns(rng: random.Random, rules: WorldRules) -> tuple[Turn, ...]:
    """A creation and two edits, each of what the model itself made of the turn before."""
    while True:
        first = random_scene(rng, rules, 1)
        one = random_edit(rng, first, rules)
        two = random_edit(rng, one.after, rules)
        if one.after.things and two.after.things:
            return (
                Turn(caption(rng, first), expected=first),
                Turn(mentioned(addressed(rng, one.say(rng), 0), 1), output_of=0, expected=one.after),
                Turn(mentioned(addressed(rng, two.say(rng), 0), 2), output_of=1, expected=two.after),
            )


def _since(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """In half of the cases one more edit that keeps every thing in its place."""
    edit = rng.choice((recolour, change_background, replace_kind)) if rng.random() < 0.5 else None
    return edit(rng, scene, rules) if edit else None


def _visible(thing: Thing, scene: Scene) -> bool:
    return thing.colour not in scene.background.clashes


def _conversation(
    rng: random.Random, first: Scene, change: Edit, since: Edit | None, words: str, wanted: Scene
) -> tuple[Turn, ...]:
    earlier = [_history(rng, first, change, 0)]
    if since:
        earlier.append(_history(rng, change.after, since, 1))
    return (*earlier, _asked(rng, words, len(earlier), since.after if since else change.after, wanted))


def _history(rng: random.Random, scene: Scene, edit: Edit, index: int) -> Turn:
    return Turn(mentioned(addressed(rng, edit.say(rng), 0), index), given=scene)


def _asked(rng: random.Random, words: str, index: int, scene: Scene, wanted: Scene) -> Turn:
    return Turn(mentioned(addressed(rng, words, 0), index), given=scene, expected=wanted)
