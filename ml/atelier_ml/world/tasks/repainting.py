"""Repainting: the part of a picture under a mask, or everything around it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Literal

from ..captions import content
from ..contrast import clashing_colours
from ..element_edits import clear
from ..example import Example
from ..mentions import addressed, asked
from ..region_sampling import random_region
from ..rules import WorldRules
from ..sampling import jittered, random_colour, random_fill, random_scene, random_size
from ..scene import SPOTS, Scene, Thing
from ..unit import Unit, UnitImage
from ..view import View
from ..words import described


def inpaint(rng: random.Random, rules: WorldRules) -> Example:
    """Replaces, adds or removes a thing within a mask around its place."""
    while True:
        scene = random_scene(rng, rules, rng.choice((1, 2)))
        index = rng.randrange(len(scene.things))
        case = rng.choices(('another', 'new', 'none'), (0.45, 0.3, 0.25))[0]
        if case == 'none':
            after = replace(scene, things=(*scene.things[:index], *scene.things[index + 1 :]))
            return _repainted(rng, scene, after, scene.things[index], _say_nothing)
        spot = scene.things[index].spot if case == 'another' else rng.choice(list(SPOTS))
        thing = _new_thing(
            rng, rules, scene, spot, scene.things[index].size if case == 'another' else random_size(rng, rules)
        )
        if case == 'another':
            thing = replace(thing, dx=scene.things[index].dx, dy=scene.things[index].dy)
            if (thing.kind, thing.colour) != (scene.things[index].kind, scene.things[index].colour):
                return _repainted(rng, scene, scene.with_thing(index, thing), thing, _say_thing(thing))
        elif clear(thing, list(scene.things)):
            return _repainted(rng, scene, replace(scene, things=(*scene.things, thing)), thing, _say_thing(thing))


def outpaint(rng: random.Random, rules: WorldRules) -> Example:
    """Restores everything but the surroundings of one thing, following the instruction if it describes the rest."""
    scene = random_scene(rng, rules, rng.choice((1, 1, 2)))
    region = replace(random_region(rng, rng.choice(scene.things).place), outside=True)

    def say(rng: random.Random) -> str:
        text = content(rng, scene)
        texts = [
            f'{verb} {text}'
            for verb in (
                'extend it to',
                'outpaint:',
                'outpaint {image}:',
                'paint around it:',
                'fill the rest:',
                'complete {image}:',
            )
        ]
        if len(scene.things) == 1 and scene.background.kind == 'plain':
            texts += ['extend the picture', 'outpaint it', 'paint the rest', 'complete the picture', 'fill the outside']
            texts += ['extend {image}']
        return addressed(rng, rng.choice(texts), 0.2)

    return Example('outpaint', (Unit(say, (UnitImage(View(scene), region, 'erase'),)),), View(scene))


def _new_thing(rng: random.Random, rules: WorldRules, scene: Scene, spot: str, size: str) -> Thing:
    kind = rng.choice(rules.kinds)
    fill = random_fill(rng, rules, scene.background, scene.style)
    colour = random_colour(rng, rules, kind, clashing_colours(scene.background, scene.style, fill))
    return jittered(rng, kind, colour, spot, 'medium' if scene.style == 'pixel' and size == 'small' else size, fill)


def _repainted(rng: random.Random, before: Scene, after: Scene, thing: Thing, say) -> Example:
    mode: Literal['keep', 'erase'] = 'erase' if rng.random() < 0.7 else 'keep'
    image = UnitImage(View(before), random_region(rng, thing.place), mode)
    return Example('inpaint', (Unit(asked(say), (image,)),), View(after))


def _say_thing(thing: Thing):
    def say(rng: random.Random) -> str:
        name = described(rng, thing)
        return rng.choice(
            (
                f'{name} here',
                f'draw {name} here',
                f'put {name} in the marked area',
                f'fill the mask with {name}',
                f'paint {name} in the mask',
                f'inpaint {name}',
                f'there should be {name} here',
                f'fill the marked part with {name}',
            )
        )

    return say


def _say_nothing(rng: random.Random) -> str:
    return rng.choice(
        (
            'remove what is here',
            'remove what is in the mask',
            'fill the mask with the background',
            'erase what is marked',
            'clear the marked area',
            'only background here',
            'nothing here',
            'paint the background in the mask',
        )
    )
