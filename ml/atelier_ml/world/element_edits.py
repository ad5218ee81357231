"""Edits of single things: colour, kind, place, size, adding and removing."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from .contrast import clashing_colours
from .edit import Edit
from .rules import WorldRules
from .sampling import jittered, random_colour, random_fill, random_kind, random_size
from .scene import CORNERS, OPPOSITE, SIDES, SIZES, SPOTS, Scene, Thing
from .words import article, described, place_words, referred


def recolour(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """A different colour for one thing; None if there is none, or in monochrome."""
    if not scene.things or scene.style == 'monochrome':
        return None
    index = rng.randrange(len(scene.things))
    thing = scene.things[index]
    clashes = clashing_colours(scene.background, scene.style, thing.fill)
    colour = random_colour(rng, rules, thing.kind, clashes | {thing.colour})

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


def add(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """A second thing; None if there is no room for it. The place of a third would be hard to describe."""
    if len(scene.things) != 1 or (scene.things[0].spot == 'centre' and scene.things[0].size == 'big'):
        return None
    present = scene.things[0]
    spot, obvious = _free_spot(rng, present)
    kind = rng.choice(rules.kinds)
    fill = random_fill(rng, rules, scene.background, scene.style)
    colour = random_colour(rng, rules, kind, clashing_colours(scene.background, scene.style, fill))
    size = random_size(rng, rules) if spot in SIDES and rng.random() < 0.3 else 'medium'
    thing = jittered(rng, kind, colour, spot, size, fill)

    def say(rng: random.Random) -> str:
        verb = rng.choice(('add', 'add', 'add', 'put', 'place', 'draw'))
        unsaid = obvious and verb == 'add' and rng.random() < 0.4
        return f'{verb} {described(rng, thing)}' + ('' if unsaid else ' ' + _there(rng, spot, present))

    return Edit('add', say, replace(scene, things=(present, thing)), 1)


def _free_spot(rng: random.Random, present: Thing) -> tuple[str, bool]:
    """A spot with room next to a thing, and whether it is the default when no place is mentioned."""
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
    """Removes one thing, usually out of two."""
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
    """A different kind in the same place and colour."""
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


def move(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """Moves one thing to a spot where it overlaps no other; None if there is no such spot."""
    if not scene.things:
        return None
    index = rng.randrange(len(scene.things))
    thing = scene.things[index]
    others = [other for other in scene.things if other is not thing]
    spots = [spot for spot in SPOTS if spot != thing.spot and clear(replace(thing, spot=spot), others)]
    if not spots or (scene.style == 'pixel' and thing.size == 'small'):
        return None
    spot = rng.choice(spots)

    def say(rng: random.Random) -> str:
        name = referred(rng, thing, scene.things)
        plain = spot.replace('centre', rng.choice(('centre', 'middle', 'center')))
        to = f'to the {plain}' + (' corner' if spot in CORNERS and rng.random() < 0.5 else '')
        return rng.choice(
            (
                f'move {name} {to}',
                f'move {name} {to}',
                f'shift {name} {to}',
                f'put {name} {place_words(rng, spot)}',
                f'place {name} {place_words(rng, spot)}',
                f'bring {name} {to}',
                f'{name} should be {place_words(rng, spot)}',
            )
        )

    return Edit('move', say, scene.with_thing(index, replace(thing, spot=spot)), index)


def resize(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """A different size for one thing; None if it would overlap another."""
    if not scene.things:
        return None
    index = rng.randrange(len(scene.things))
    thing = scene.things[index]
    size = rng.choice([name for name in SIZES if name != thing.size])
    others = [other for other in scene.things if other is not thing]
    changed = replace(thing, size=size)
    if not clear(changed, others) or (scene.style == 'pixel' and size == 'small'):
        return None
    steps = SIZES.index(size) - SIZES.index(thing.size)

    def say(rng: random.Random) -> str:
        name = referred(rng, thing, scene.things)
        more = ('much ' if abs(steps) == 2 else '') + (
            rng.choice(('bigger', 'bigger', 'larger')) if steps > 0 else 'smaller'
        )
        word = rng.choice(
            {'small': ('small', 'tiny', 'little'), 'medium': ('medium',), 'big': ('big', 'large', 'huge')}[size]
        )
        verbs = ('enlarge', 'grow') if steps > 0 else ('shrink', 'reduce')
        texts = [f'make {name} {more}', f'make {name} {more}', f'make {name} {word}', f'resize {name} to {word}']
        texts += [f'{name} should be {more}', f'change the size of {name} to {word}', f'turn {name} {word}']
        if abs(steps) == 1:
            texts += [f'{rng.choice(verbs)} {name}'] * 2
        return rng.choice(texts)

    return Edit('resize', say, scene.with_thing(index, changed), index)


def clear(thing: Thing, others: list[Thing]) -> bool:
    """Whether a thing overlaps none of the others."""
    x, y, radius = thing.place
    return all(
        math.hypot(x - other.place[0], y - other.place[1]) > 0.94 * (radius + other.place[2]) for other in others
    )
