"""Reference generation: a new picture that takes something from another."""

from __future__ import annotations

import random

from ..contrast import visible
from ..edits import change_style
from ..example import Example
from ..mentions import addressed
from ..rules import WorldRules
from ..sampling import jittered, random_background, random_scene, random_spots
from ..scene import Scene
from ..unit import Unit, UnitImage
from ..view import View
from ..words import background_clause, place_words

_SIZES = {'small': 'small ', 'medium': '', 'big': 'big '}


def reference(rng: random.Random, rules: WorldRules) -> Example:
    """The object of an image, with its kind, colour and fill, in a new scene."""
    while True:
        source = random_scene(rng, rules, 1, 'flat')
        thing = source.things[0]
        background = random_background(rng, rules, frozenset((thing.colour,)))
        ((spot, size),) = random_spots(rng, rules, 1)
        placed = jittered(rng, thing.kind, thing.colour, spot, size, thing.fill)
        target = Scene(background, (placed,))
        if visible(target) and background != source.background:
            break

    def say(rng: random.Random) -> str:
        scene = background_clause(rng, background)
        place = '' if spot == 'centre' and rng.random() < 0.6 else ' ' + place_words(rng, spot)
        name = rng.choice(('object', 'object', thing.kind)) + ' of {image}'
        size_word = _SIZES[size]
        new = f'the {name}{place} {scene}'
        texts = (
            f'draw {new}',
            f'a new picture of {new}',
            f'show {new}',
            f'{new}',
            f'draw the same {thing.kind}{place} {scene} as in {{image}}',
            f'use the {name}: draw it{place} {scene}',
        )
        text = rng.choice(texts)
        return addressed(
            rng, text + (rng.choice((f', {size_word}', f', make it {size_word}')).rstrip() if size_word else ''), 0.0
        )

    return Example('reference', (Unit(say, (UnitImage(View(source)),)),), View(target))


def take_style(rng: random.Random, rules: WorldRules) -> Example:
    """The first image in the style of the second."""
    while True:
        scene = random_scene(rng, rules, rng.choice((1, 2)), 'flat')
        edit = change_style(rng, scene, rules)
        if edit is not None:
            break
    model = random_scene(rng, rules, rng.choice((1, 2)), edit.after.style)

    def say(rng: random.Random) -> str:
        return addressed(
            rng,
            rng.choice(
                (
                    'draw {image} in the style of {image1}',
                    'take the style of {image1} for {image}',
                    'use the style of {image1}',
                    'make {image} look like {image1}',
                    'give {image} the style of {image1}',
                    'change the style to that of {image1}',
                    'paint it in the style of {image1}',
                    'the style of {image1} for {image}',
                )
            ),
            0.0,
        )

    return Example('take-style', (Unit(say, (UnitImage(View(scene)), UnitImage(View(model)))),), View(edit.after))
