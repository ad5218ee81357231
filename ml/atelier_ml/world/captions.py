"""Descriptions of whole scenes, the instructions for text-guided generation."""

from __future__ import annotations

import random

from .scene import CORNERS, OPPOSITE, Background, Scene, Thing
from .words import background_clause, background_noun, described, place_words, style_words, written_words

UNSAID = Background('plain', 'white')
"""The background when a description mentions none …"""
UNSAID_FOR_WHITE = Background('plain', 'blue')
"""… and when a thing is white, because it could not be seen on white."""

_OPENINGS = (
    ('', 10),
    ('draw ', 2),
    ('please draw ', 1),
    ('paint ', 1),
    ('create ', 1),
    ('generate ', 1),
    ('make ', 1),
    ('show me ', 1),
    ('i want ', 1),
    ('can you draw ', 1),
    ('a picture of ', 2),
    ('an image of ', 2),
    ('generate an image of ', 1),
    ('draw a picture of ', 1),
    ('there is ', 0.5),
)


def caption(rng: random.Random, scene: Scene) -> str:
    """One of many ways to ask for the scene. The place is usually omitted for centred things, never for others.

    The style is mentioned unless it is flat, a fill unless it is plain.
    """
    opening = rng.choices([text for text, _ in _OPENINGS], [weight for _, weight in _OPENINGS])[0]
    text = content(rng, scene)
    if scene.style != 'flat':
        style = style_words(rng, scene.style)
        text = rng.choice(
            (f'{text} {style}', f'{text}, {style}', f'{style}, {text}' if not opening else f'{text}, {style}')
        )
    return opening + text + ('.' if rng.random() < 0.15 else '')


def content(rng: random.Random, scene: Scene) -> str:
    """The scene in words, without its style: a phrase that can follow `draw` or `a picture of`."""
    if not scene.things:
        return _empty(rng, scene.background)
    things = _things(rng, scene.things)
    if scene.word:
        things += rng.choice((' and ', ' with ', ' and ')) + written_words(rng, scene.word)
    white = any(thing.colour == 'white' for thing in scene.things)
    if scene.background == (UNSAID_FOR_WHITE if white else UNSAID) and rng.random() < 0.5:
        return things
    if rng.random() < 0.08:
        return f'{background_noun(rng, scene.background)} with {things}'
    comma = ',' if rng.random() < 0.12 else ''
    return f'{things}{comma} {background_clause(rng, scene.background)}'


def _empty(rng: random.Random, background: Background) -> str:
    noun = background_noun(rng, background)
    return rng.choice((noun, f'nothing but {noun}', f'just {noun}', f'an empty picture with {noun}'))


def _things(rng: random.Random, things: tuple[Thing, ...]) -> str:
    if len(things) == 1:
        return _single(rng, things[0])
    if len(things) > 2:
        return _listed(rng, things)
    first, second = things
    if first.spot == 'centre' and second.spot in CORNERS:
        return _with_corner(rng, first, second)
    if second.spot == 'centre' and first.spot in CORNERS:
        return _with_corner(rng, second, first)
    if {first.spot, second.spot} == {'left', 'right'}:
        left, right = (first, second) if first.spot == 'left' else (second, first)
        return _beside(rng, described(rng, left), described(rng, right))
    if OPPOSITE.get(first.spot) == second.spot:
        upper, lower = (first, second) if first.spot == 'top' else (second, first)
        return _above(rng, described(rng, upper), described(rng, lower))
    return _listed(rng, things)


def _listed(rng: random.Random, things: tuple[Thing, ...]) -> str:
    """Each thing with its place, in any order."""
    parts = [f'{described(rng, thing)} {place_words(rng, thing.spot)}' for thing in rng.sample(things, len(things))]
    return ', '.join(parts[:-1]) + ' and ' + parts[-1]


def _single(rng: random.Random, thing: Thing) -> str:
    name = described(rng, thing)
    if thing.spot == 'centre' and rng.random() < 0.85:
        return name
    return f'{name} {place_words(rng, thing.spot)}'


def _with_corner(rng: random.Random, centred: Thing, cornered: Thing) -> str:
    main, extra = described(rng, centred), described(rng, cornered)
    place = place_words(rng, cornered.spot)
    return rng.choice((f'{main} and {extra} {place}', f'{main} with {extra} {place}'))


def _beside(rng: random.Random, left: str, right: str) -> str:
    return rng.choice(
        (
            f'{left} and {right}',
            f'{left} and {right}',
            f'{left} and {right}',
            f'{left} and {right} side by side',
            f'{left} next to {right}',
            f'{left} beside {right}',
            f'{left} to the left of {right}',
            f'{right} to the right of {left}',
            f'{left} on the left and {right} on the right',
            f'{right} on the right and {left} on the left',
        )
    )


def _above(rng: random.Random, upper: str, lower: str) -> str:
    return rng.choice(
        (
            f'{upper} above {lower}',
            f'{upper} over {lower}',
            f'{lower} below {upper}',
            f'{lower} under {upper}',
            f'{upper} on top of {lower}',
            f'{upper} at the top and {lower} at the bottom',
        )
    )
