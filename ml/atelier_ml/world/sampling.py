"""Random scenes that obey the rules of a run."""

from __future__ import annotations

import random

from .palette import COLOUR_NAMES
from .rules import WorldRules
from .scene import CORNERS, OPPOSITE, SIDES, SIZES, Background, Scene, Thing


def weighted(rng: random.Random, weights: dict):
    """One key, drawn with its value as the weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def random_background(rng: random.Random, rules: WorldRules, avoid: frozenset[str] = frozenset()) -> Background:
    """A background on which things of the colours in `avoid` can be seen."""
    while True:
        kind = weighted(rng, rules.backgrounds)
        if kind == 'plain':
            background = Background('plain', rng.choice(COLOUR_NAMES))
        elif kind == 'gradient':
            background = Background('gradient', *rng.sample(COLOUR_NAMES, 2))
        else:
            background = Background(kind, '')
        if not background.clashes & avoid:
            return background


def random_colour(
    rng: random.Random, rules: WorldRules, kind: str, avoid: frozenset[str], allow_held_out: bool = False
) -> str:
    """A colour for a kind, none of `avoid`, and no held-out combination unless allowed."""
    choices = [
        colour
        for colour in COLOUR_NAMES
        if colour not in avoid and (allow_held_out or (colour, kind) not in rules.held_out)
    ]
    return rng.choice(choices)


def random_kind(rng: random.Random, rules: WorldRules, colour: str, avoid: frozenset[str] = frozenset()) -> str:
    """A kind that may have this colour and is none of `avoid`."""
    return rng.choice([kind for kind in rules.kinds if kind not in avoid and (colour, kind) not in rules.held_out])


def jittered(rng: random.Random, kind: str, colour: str, spot: str, size: str) -> Thing:
    """A thing with a small random displacement (±1.5 % of the side) and growth (±6 %)."""
    return Thing(
        kind, colour, spot, size, rng.uniform(-0.015, 0.015), rng.uniform(-0.015, 0.015), rng.uniform(0.94, 1.06)
    )


def random_size(rng: random.Random) -> str:
    return rng.choices(SIZES, (0.15, 0.65, 0.2))[0]


def random_spots(rng: random.Random, count: int) -> tuple[tuple[str, str], ...]:
    """(spot, size) of each thing. Pairs stand opposite each other, or one in the centre and one in a corner."""
    if count == 0:
        return ()
    if count == 1:
        spot = rng.choices(('centre', rng.choice(SIDES), rng.choice(CORNERS)), (0.68, 0.22, 0.1))[0]
        return ((spot, random_size(rng)),)
    layout = rng.choices(('across', 'down', 'corner'), (0.5, 0.25, 0.25))[0]
    if layout == 'corner':
        return (('centre', rng.choice(('small', 'medium'))), (rng.choice(CORNERS), 'medium'))
    first = 'left' if layout == 'across' else 'top'
    sizes = (random_size(rng), random_size(rng)) if rng.random() < 0.3 else ('medium', 'medium')
    return ((first, sizes[0]), (OPPOSITE[first], sizes[1]))


def random_scene(rng: random.Random, rules: WorldRules, count: int | None = None) -> Scene:
    """A scene with `count` things (default: drawn by the rules' weights)."""
    background = random_background(rng, rules)
    things = []
    spots = random_spots(rng, weighted(rng, rules.counts) if count is None else count)
    for spot, size in spots:
        kind = rng.choice(rules.kinds)
        colour = random_colour(rng, rules, kind, background.clashes)
        things.append(jittered(rng, kind, colour, spot, size))
    return Scene(background, tuple(things))
