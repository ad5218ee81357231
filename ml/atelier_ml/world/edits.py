"""Edits: a change of a scene together with the words that ask for it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from .rules import WorldRules
from .sampling import jittered, random_background, random_colour, random_kind, random_size, weighted
from .scene import CORNERS, OPPOSITE, SIDES, Scene, Thing
from .words import article, background_noun, described, place_words, referred

Say = Callable[[random.Random], str]


@dataclass(frozen=True)
class Edit:
    """A change. `say` draws one of many ways to ask for it; `after` is the scene that it leads to.

    `thing`: index in `after` of the thing that changed or came, −1 for none.
    """

    task: str
    say: Say
    after: Scene
    thing: int = -1


def recolour(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """Another colour for one thing; None when there is none."""
    if not scene.things:
        return None
    index = rng.randrange(len(scene.things))
    thing = scene.things[index]
    colour = random_colour(rng, rules, thing.kind, scene.background.clashes | {thing.colour})

    def say(rng: random.Random) -> str:
        name = referred(rng, thing, scene.things)
        return rng.choice(
            (
                f'make {name} {colour}',
                f'make {name} {colour}',
                f'turn {name} {colour}',
                f'paint {name} {colour}',
                f'colour {name} {colour}',
                f'color {name} {colour}',
                f'change {name} to {colour}',
                f'change the colour of {name} to {colour}',
                f'change the color of {name} to {colour}',
                f'recolour {name} to {colour}',
                f'{name} should be {colour}',
                f'give {name} {article(colour)} colour',
            )
        )

    return Edit('recolour', say, scene.with_thing(index, replace(thing, colour=colour)), index)


def change_background(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """Another background, on which every thing can be seen."""
    avoid = frozenset(thing.colour for thing in scene.things)
    background = random_background(rng, rules, avoid)
    if background == scene.background:
        return None

    def say(rng: random.Random) -> str:
        noun = background_noun(rng, background)
        texts = [f'put it on {noun}', f'change the background to {noun}', f'replace the background with {noun}']
        if background.kind == 'plain':
            colour = background.colour
            texts += [f'make the background {colour}'] * 2
            texts += [f'turn the background {colour}', f'change the background to {colour}', f'{colour} background']
            texts += [f'change the background colour to {colour}', f'paint the background {colour}']
            texts += [f'give it {noun}', f'use {noun}']
        elif background.kind == 'night':
            texts += ['make it night', 'turn it into night', f'put it in {noun}']
        elif background.kind == 'meadow':
            texts += ['make it day', f'use {noun} as background']
        return rng.choice(texts)

    return Edit('background', say, replace(scene, background=background))


def add(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """A second thing; None when there is no room for it."""
    if len(scene.things) != 1 or (scene.things[0].spot == 'centre' and scene.things[0].size == 'big'):
        return None
    present = scene.things[0]
    spot, obvious = _free_spot(rng, present)
    kind = rng.choice(rules.kinds)
    colour = random_colour(rng, rules, kind, scene.background.clashes)
    size = random_size(rng) if spot in SIDES and rng.random() < 0.3 else 'medium'
    thing = jittered(rng, kind, colour, spot, size)

    def say(rng: random.Random) -> str:
        verb = rng.choice(('add', 'add', 'add', 'put', 'place', 'draw'))
        unsaid = obvious and verb == 'add' and rng.random() < 0.4
        return f'{verb} {described(rng, thing)}' + ('' if unsaid else ' ' + _there(rng, spot, present))

    return Edit('add', say, replace(scene, things=(present, thing)), 1)


def _free_spot(rng: random.Random, present: Thing) -> tuple[str, bool]:
    """A spot with room beside a thing, and whether it is the one meant when no place is said."""
    if present.spot in OPPOSITE:
        return OPPOSITE[present.spot], True
    if present.spot in CORNERS:
        return 'centre', True
    spot = 'top right' if rng.random() < 0.4 else rng.choice(CORNERS)
    return spot, spot == 'top right'


def _there(rng: random.Random, spot: str, present: Thing) -> str:
    beside = {
        'left': f'to the left of the {present.kind}',
        'right': f'to the right of the {present.kind}',
        'top': f'above the {present.kind}',
        'bottom': f'below the {present.kind}',
    }
    if spot in beside and rng.random() < 0.35:
        return beside[spot]
    return place_words(rng, spot)


def remove(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """One thing less; mostly out of two."""
    if not scene.things or (len(scene.things) == 1 and rng.random() < 0.7):
        return None
    index = rng.randrange(len(scene.things))
    gone = scene.things[index]

    def say(rng: random.Random) -> str:
        name = referred(rng, gone, scene.things)
        verb = rng.choice(('remove', 'remove', 'remove', 'delete', 'erase', 'take away', 'get rid of'))
        return f'{verb} {name}'

    return Edit('remove', say, replace(scene, things=(*scene.things[:index], *scene.things[index + 1 :])))


def replace_kind(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """Another kind in the same place and colour."""
    if not scene.things:
        return None
    index = rng.randrange(len(scene.things))
    thing = scene.things[index]
    kind = random_kind(rng, rules, thing.colour, frozenset((thing.kind,)))

    def say(rng: random.Random) -> str:
        name = referred(rng, thing, scene.things)
        return rng.choice(
            (
                f'replace {name} with {article(kind)}',
                f'replace {name} by {article(kind)}',
                f'turn {name} into {article(kind)}',
                f'change {name} to {article(kind)}',
                f'change {name} into {article(kind)}',
                f'make {name} {article(kind)}',
            )
        )

    return Edit('replace', say, scene.with_thing(index, replace(thing, kind=kind)), index)


EDITS: dict[str, Callable[[random.Random, Scene, WorldRules], Edit | None]] = {
    'recolour': recolour,
    'background': change_background,
    'add': add,
    'remove': remove,
    'replace': replace_kind,
}
"""Task → its edit. An edit returns None when it does not fit the scene."""

EDIT_WEIGHTS = {'recolour': 0.27, 'background': 0.25, 'add': 0.2, 'remove': 0.16, 'replace': 0.12}


def random_edit(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit:
    """An edit that fits the scene, drawn by weight."""
    while True:
        edit = EDITS[weighted(rng, EDIT_WEIGHTS)](rng, scene, rules)
        if edit is not None:
            return edit
