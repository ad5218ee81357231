"""How single parts of a scene are named in English."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .scene import CORNERS, Background, Thing

_SIZE_WORDS = {
    'small': ('small', 'small', 'little', 'tiny'),
    'medium': ('', '', '', '', 'medium'),
    'big': ('big', 'big', 'large', 'huge'),
}
_PLACE_WORDS = {
    'centre': ('in the centre', 'in the middle', 'in the center'),
    'left': ('on the left', 'on the left side', 'to the left'),
    'right': ('on the right', 'on the right side', 'to the right'),
    'top': ('at the top', 'on top'),
    'bottom': ('at the bottom', 'below'),
}


def article(phrase: str) -> str:
    """The phrase with its indefinite article: `a red circle`, `an orange star`."""
    return ('an ' if phrase[0].lower() in 'aeiou' else 'a ') + phrase


def place_words(rng: random.Random, spot: str) -> str:
    """`on the left`, `in the top left corner` …"""
    if spot in CORNERS:
        return rng.choice((f'in the {spot} corner', f'in the {spot}', f'at the {spot}'))
    return rng.choice(_PLACE_WORDS[spot])


def described(rng: random.Random, thing: Thing) -> str:
    """`a big red circle`: size (unless medium), colour, kind."""
    size = rng.choice(_SIZE_WORDS[thing.size])
    return article(' '.join(word for word in (size, thing.colour, thing.kind) if word))


def referred(rng: random.Random, thing: Thing, things: Sequence[Thing]) -> str:
    """Names a thing of the picture so that no other thing there fits: `the circle`, `the red one`."""
    options = [f'the {thing.colour} {thing.kind}']
    others = [other for other in things if other is not thing]
    if all(other.kind != thing.kind for other in others):
        options += [f'the {thing.kind}'] * 2
    if others and all(other.colour != thing.colour for other in others):
        options.append(f'the {thing.colour} one')
    if not others:
        options += ['it', 'the object']
    if any((other.kind, other.colour) == (thing.kind, thing.colour) for other in others):
        return f'the {thing.kind} {place_words(rng, thing.spot)}'
    return rng.choice(options)


def background_noun(rng: random.Random, background: Background) -> str:
    """`a blue background`, `a gradient from red to white`, `a starry night sky`, `a green meadow`."""
    if background.kind == 'night':
        return rng.choice(('a starry night sky', 'a night sky', 'the night sky', 'a starry sky'))
    if background.kind == 'meadow':
        return rng.choice(('a green meadow', 'a meadow', 'green grass under a blue sky', 'a sunny meadow'))
    if background.kind == 'gradient':
        top, bottom = background.colour, background.second
        return rng.choice(
            (
                f'a background fading from {top} to {bottom}',
                f'a gradient from {top} to {bottom}',
                f'a {top} to {bottom} gradient',
                f'a gradient background, {top} at the top and {bottom} at the bottom',
            )
        )
    plain = background.colour
    return rng.choice(
        (f'{article(plain)} background', f'{article(plain)} background', f'{article("plain")} {plain} background')
    )


def background_clause(rng: random.Random, background: Background) -> str:
    """The clause at the end of a description: `on a blue background`, `at night` …"""
    noun = background_noun(rng, background)
    if background.kind == 'night':
        return rng.choice((f'in {noun}', f'under {noun}', 'at night'))
    if background.kind == 'meadow':
        return rng.choice((f'on {noun}', f'on {noun}', 'in a meadow', 'on a sunny day'))
    if background.kind == 'gradient':
        return rng.choice((f'on {noun}', f'with {noun}'))
    short = f'on {background.colour}'
    return rng.choice((f'on {noun}', f'on {noun}', f'on {noun}', f'with {noun}', f'against {noun}', short))
