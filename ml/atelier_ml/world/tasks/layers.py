"""Layer editing: cut an object out of a picture, or put one into another picture."""

from __future__ import annotations

import random
from dataclasses import replace

from ..contrast import visible
from ..element_edits import clear
from ..example import Example
from ..mentions import addressed, asked
from ..rules import WorldRules
from ..sampling import jittered, random_scene
from ..scene import SPOTS, Background, Scene
from ..unit import Unit, UnitImage
from ..view import View
from ..words import place_words, referred


def cut_out(rng: random.Random, rules: WorldRules) -> Example:
    """One object by itself, in its place, on plain white."""
    while True:
        scene = random_scene(rng, rules, rng.choice((1, 2, 2)), 'flat')
        thing = rng.choice(scene.things)
        alone = Scene(Background('plain', 'white'), (thing,))
        if visible(alone) and alone != scene:
            break

    def say(rng: random.Random) -> str:
        name = referred(rng, thing, scene.things)
        return rng.choice(
            (
                f'cut out {name}',
                f'cut {name} out of {{image}}',
                f'cut out {name} onto white',
                f'extract {name}',
                f'extract {name} on a white background',
                f'isolate {name}',
                f'only {name} on white',
                f'keep only {name} on a white background',
            )
        )

    return Example('cut-out', (Unit(asked(say), (UnitImage(View(scene)),)),), View(alone))


def put_in(rng: random.Random, rules: WorldRules) -> Example:
    """The object of the second image at a spot in the first."""
    while True:
        scene = random_scene(rng, rules, rng.choice((0, 1, 1)), 'flat')
        source = random_scene(rng, rules, 1, 'flat')
        thing = source.things[0]
        spots = [
            spot
            for spot in SPOTS
            if clear(replace(thing, spot=spot, size='medium', dx=0.0, dy=0.0), list(scene.things))
        ]
        if not spots:
            continue
        placed = jittered(rng, thing.kind, thing.colour, rng.choice(spots), 'medium', thing.fill)
        after = replace(scene, things=(*scene.things, placed))
        if visible(after):
            break

    def say(rng: random.Random) -> str:
        place = place_words(rng, placed.spot)
        name = rng.choice(('the object', f'the {placed.kind}', f'the {placed.colour} {placed.kind}'))
        return addressed(
            rng,
            rng.choice(
                (
                    f'put {name} of {{image1}} into {{image}} {place}',
                    f'put {name} from {{image1}} {place} of {{image}}',
                    f'add {name} of {{image1}} to {{image}} {place}',
                    f'place {name} of {{image1}} {place} in {{image}}',
                    f'insert {name} from {{image1}} into {{image}} {place}',
                    f'put {name} of the second picture into the first {place}',
                )
            ),
            0.0,
        )

    return Example('put-in', (Unit(say, (UnitImage(View(scene)), UnitImage(View(source)))),), View(after))
