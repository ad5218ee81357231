"""English names for the parts of a scene."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .scene import CORNERS, Background, Thing
from .word import Word

_SIZE_WORDS = {
    'small': ('small', 'small', 'little', 'tiny'),
    'medium': ('', '', '', '', 'medium'),
    'big': ('big', 'big', 'large', 'huge'),
}
_FILL_WORDS = {'plain': ('',), 'striped': ('striped',), 'dotted': ('dotted', 'dotted', 'spotted')}
_FILL_ENDINGS = {'striped': ('with stripes',), 'dotted': ('with dots', 'with spots')}
_PLACE_WORDS = {
    'centre': ('in the centre', 'in the middle', 'in the center'),
    'left': ('on the left', 'on the left side', 'to the left'),
    'right': ('on the right', 'on the right side', 'to the right'),
    'top': ('at the top', 'on top'),
    'bottom': ('at the bottom', 'below'),
}
_STYLE_WORDS = {
    'flat': (
        'in flat style',
        'in a flat style',
        'in flat colours',
        'in plain flat colours',
        'in the flat style',
        'with flat colours',
    ),
    'outline': (
        'as an outline',
        'in outline style',
        'as an outline drawing',
        'as a line drawing',
        'in outlines',
        'in the outline style',
    ),
    'pixel': (
        'in pixel art',
        'in pixel style',
        'as pixel art',
        'in a pixel art style',
        'in big pixels',
        'pixelated',
    ),
    'soft': (
        'in soft style',
        'in a soft style',
        'softly blurred',
        'blurred',
        'in the soft style',
        'soft and blurry',
    ),
    'neon': (
        'in neon style',
        'in neon',
        'as a neon sign',
        'in neon lights',
        'in a neon style',
        'glowing in neon',
    ),
    'monochrome': (
        'in black and white',
        'in monochrome',
        'in shades of grey',
        'in monochrome style',
        'in a monochrome style',
        'in grey tones',
    ),
}


def article(phrase: str) -> str:
    """The phrase with its indefinite article: `a red circle`, `an orange star`."""
    return ('an ' if phrase[0].lower() in 'aeiou' else 'a ') + phrase


def place_words(rng: random.Random, spot: str) -> str:
    """`on the left`, `in the top left corner` …"""
    if spot in CORNERS:
        return rng.choice((f'in the {spot} corner', f'in the {spot}', f'at the {spot}'))
    return rng.choice(_PLACE_WORDS[spot])


def style_words(rng: random.Random, style: str) -> str:
    """`in neon style`, `as pixel art` …"""
    return rng.choice(_STYLE_WORDS[style])


def described(rng: random.Random, thing: Thing) -> str:
    """`a big striped red circle`: size (unless medium), fill (unless plain), colour, kind."""
    size = rng.choice(_SIZE_WORDS[thing.size])
    fill, ending = rng.choice(_FILL_WORDS[thing.fill]), ''
    if fill and rng.random() < 0.25:
        fill, ending = '', ' ' + rng.choice(_FILL_ENDINGS[thing.fill])
    return article(' '.join(word for word in (size, fill, thing.colour, thing.kind) if word)) + ending


def written_words(rng: random.Random, word: Word) -> str:
    """`the word "sun" in red at the bottom`: the letters, the colour, the place."""
    text = rng.choice((f'"{word.text}"', f'"{word.text.lower()}"'))
    name = rng.choice((f'the word {text}', text, f'the word {text}'))
    place = place_words(rng, word.spot)
    return rng.choice((f'{name} in {word.colour} {place}', f'{name} in {word.colour} letters {place}',
                       f'{word.colour} {text} {place}'))  # fmt: skip


def referred(rng: random.Random, thing: Thing, things: Sequence[Thing]) -> str:
    """An unambiguous reference to a thing in the picture: `the circle`, `the red one` …"""
    options = [f'the {thing.colour} {thing.kind}']
    others = [other for other in things if other is not thing]
    if any((other.kind, other.colour) == (thing.kind, thing.colour) for other in others):
        return f'the {thing.kind} {place_words(rng, thing.spot)}'
    if all(other.kind != thing.kind for other in others):
        options += [f'the {thing.kind}'] * 2
    if others and all(other.colour != thing.colour for other in others):
        options.append(f'the {thing.colour} one')
    if not others:
        options += ['it', 'the object']
    return rng.choice(options)


def background_noun(rng: random.Random, background: Background) -> str:
    """`a blue background`, `a gradient from red to white`, `a starry night sky`, `a green meadow`."""
    top, bottom = background.colour or 'white', background.second
    options = {
        'night': ('a starry night sky', 'a night sky', 'the night sky', 'a starry sky'),
        'day': ('a day sky', 'a sunny sky', 'a blue sky with clouds', 'the day sky'),
        'meadow': ('a green meadow', 'a meadow', 'green grass under a blue sky', 'a sunny meadow'),
        'gradient': (
            f'a background fading from {top} to {bottom}',
            f'a gradient from {top} to {bottom}',
            f'a {top} to {bottom} gradient',
            f'a gradient background, {top} at the top and {bottom} at the bottom',
        ),
        'stripes': (
            f'{article(top)} and {bottom} striped background',
            f'{top} and {bottom} stripes',
            f'a background of {top} and {bottom} stripes',
            f'a striped background, {top} and {bottom}',
        ),
        'checks': (
            f'{article(top)} and {bottom} checked background',
            f'{top} and {bottom} checks',
            f'a background of {top} and {bottom} checks',
            f'{article(top)} and {bottom} checkerboard',
        ),
        'plain': (f'{article(top)} background', f'{article(top)} background', f'a plain {top} background'),
    }  # fmt: skip
    return rng.choice(options[background.kind])


def background_clause(rng: random.Random, background: Background) -> str:
    """The clause at the end of a description: `on a blue background`, `at night` …"""
    noun = background_noun(rng, background)
    options = {
        'night': (f'in {noun}', f'under {noun}', 'at night'),
        'day': (f'in {noun}', f'under {noun}', 'by day'),
        'meadow': (f'on {noun}', f'on {noun}', 'in a meadow', 'on the grass'),
        'gradient': (f'on {noun}', f'with {noun}'),
        'stripes': (f'on {noun}', f'on {noun}', f'against {noun}'),
        'checks': (f'on {noun}', f'on {noun}', f'against {noun}'),
        'plain': (f'on {noun}',) * 3 + (f'with {noun}', f'against {noun}', f'on {background.colour}'),
    }
    return rng.choice(options[background.kind])
