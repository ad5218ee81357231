"""Random scenes that follow the rules of a world."""

from __future__ import annotations

import random

from .contrast import clashing_colours
from .palette import COLOUR_NAMES
from .rules import WorldRules
from .scene import CORNERS, OPPOSITE, SIDES, SIZES, TWO_COLOURED, Background, Scene, Thing

SHIFT = 0.015
"""Maximum displacement of a thing along each axis, as a fraction of the side."""
GROWTH = 0.06
"""Maximum relative deviation of a thing's radius from its nominal size."""
_CHOICE = 4
"""Minimum number of colours visible on a background, so that things and edits have a choice."""
_STYLES_WITHOUT_THINGS = ('flat', 'neon', 'monochrome')
"""Styles that are recognisable in an empty picture on any background."""


def weighted(rng: random.Random, weights: dict):
    """A random key, weighted by its value."""
    return rng.choices(list(weights), list(weights.values()))[0]


def random_background(
    rng: random.Random, rules: WorldRules, avoid: frozenset[str] = frozenset(), style: str = 'flat'
) -> Background:
    """A background on which things of the colours in `avoid`, and of a few others, are visible in a style."""
    while True:
        kind = weighted(rng, rules.backgrounds)
        if kind == 'plain':
            background = Background('plain', rng.choice(COLOUR_NAMES))
        elif kind in TWO_COLOURED:
            background = Background(kind, *rng.sample(COLOUR_NAMES, 2))
        else:
            background = Background(kind, '')
        clashes = clashing_colours(background, style)
        if not clashes & avoid and len(clashes) <= len(COLOUR_NAMES) - _CHOICE:
            return background


def random_colour(
    rng: random.Random, rules: WorldRules, kind: str, avoid: frozenset[str], allow_held_out: bool = False
) -> str:
    """A colour for a kind, not in `avoid`, and not a held-out combination unless allowed."""
    choices = [
        colour
        for colour in COLOUR_NAMES
        if colour not in avoid and (allow_held_out or (colour, kind) not in rules.held_out)
    ]
    return rng.choice(choices)


def random_kind(rng: random.Random, rules: WorldRules, colour: str, avoid: frozenset[str] = frozenset()) -> str:
    """A kind that may have this colour and is not in `avoid`."""
    return rng.choice([kind for kind in rules.kinds if kind not in avoid and (colour, kind) not in rules.held_out])


def jittered(rng: random.Random, kind: str, colour: str, spot: str, size: str, fill: str = 'plain') -> Thing:
    """A thing with a small random displacement and growth, which instructions never mention."""
    dx, dy, grow = rng.uniform(-SHIFT, SHIFT), rng.uniform(-SHIFT, SHIFT), rng.uniform(1 - GROWTH, 1 + GROWTH)
    return Thing(kind, colour, spot, size, dx, dy, grow, fill)


def random_fill(rng: random.Random, rules: WorldRules, background: Background, style: str) -> str:
    """A fill with which several colours are visible on the background; always plain in `pixel`, which hides
    patterns."""
    fill = 'plain' if style == 'pixel' else weighted(rng, rules.fills)
    return fill if len(clashing_colours(background, style, fill)) <= len(COLOUR_NAMES) - 3 else 'plain'


def random_size(rng: random.Random, rules: WorldRules) -> str:
    return rng.choices(SIZES, [rules.sizes.get(size, 0) for size in SIZES])[0]


def random_spots(rng: random.Random, rules: WorldRules, count: int) -> tuple[tuple[str, str], ...]:
    """Non-overlapping (spot, size) pairs for 0–4 things.

    Two are opposite each other, or one in the centre and one in a corner; three are one at a side and two in the far
    corners, one in the centre and two in corners, or all in corners; four are in the corners.
    """
    if count == 0:
        return ()
    if count == 1:
        spot = rng.choices(('centre', rng.choice(SIDES), rng.choice(CORNERS)), (0.68, 0.22, 0.1))[0]
        return ((spot, random_size(rng, rules)),)
    if count > 2:
        return _many_spots(rng, count)
    layout = rng.choices(('across', 'down', 'corner'), (0.5, 0.25, 0.25))[0]
    if layout == 'corner':
        return (('centre', rng.choice(('small', 'medium'))), (rng.choice(CORNERS), 'medium'))
    first = 'left' if layout == 'across' else 'top'
    own = rng.random() < rules.own_sizes
    sizes = (random_size(rng, rules), random_size(rng, rules)) if own else ('medium', 'medium')
    return ((first, sizes[0]), (OPPOSITE[first], sizes[1]))


def _many_spots(rng: random.Random, count: int) -> tuple[tuple[str, str], ...]:
    layout = rng.choice(('side', 'centre', 'corners')) if count == 3 else 'corners'
    if layout == 'side':
        side = rng.choice(SIDES)
        return ((side, 'medium'), *((corner, 'medium') for corner in CORNERS if OPPOSITE[side] in corner))
    size = rng.choice(('medium', 'medium', 'big'))
    corners = sorted(rng.sample(CORNERS, count - (layout == 'centre')), key=CORNERS.index)
    placed = tuple((corner, size) for corner in corners)
    return (('centre', 'small'), *placed) if layout == 'centre' else placed


def random_style(rng: random.Random, rules: WorldRules, count: int) -> str:
    """A style that is recognisable in a picture of `count` things."""
    weights = {name: weight for name, weight in rules.styles.items() if count or name in _STYLES_WITHOUT_THINGS}
    return weighted(rng, weights)


def random_scene(rng: random.Random, rules: WorldRules, count: int | None = None, style: str | None = None) -> Scene:
    """A scene with `count` things in a style (defaults: drawn by the rules' weights).

    The style `pixel` has no small things, because its blocks would destroy their shape.
    """
    count = weighted(rng, rules.counts) if count is None else count
    style = random_style(rng, rules, count) if style is None else style
    background = random_background(rng, rules, style=style)
    things = []
    for spot, drawn_size in random_spots(rng, rules, count):
        size = 'medium' if style == 'pixel' and drawn_size == 'small' and spot != 'centre' else drawn_size
        kind = rng.choice(rules.kinds)
        fill = random_fill(rng, rules, background, style)
        colour = random_colour(rng, rules, kind, clashing_colours(background, style, fill))
        things.append(jittered(rng, kind, colour, spot, size, fill))
    return Scene(background, tuple(things), style)
