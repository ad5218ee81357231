"""A scene as data: a background and up to four things. All images and instructions are derived from scenes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .word import Word

SPOTS: dict[str, tuple[float, float]] = {
    'centre': (0.5, 0.5),
    'left': (0.27, 0.5),
    'right': (0.73, 0.5),
    'top': (0.5, 0.27),
    'bottom': (0.5, 0.73),
    'top left': (0.19, 0.19),
    'top right': (0.81, 0.19),
    'bottom left': (0.19, 0.81),
    'bottom right': (0.81, 0.81),
}
"""Spot → the centre (x, y) of a thing there, as fractions of the side."""

CORNERS = ('top left', 'top right', 'bottom left', 'bottom right')
SIDES = ('left', 'right', 'top', 'bottom')
OPPOSITE = {'left': 'right', 'right': 'left', 'top': 'bottom', 'bottom': 'top'}
SIZES = ('small', 'medium', 'big')
FILLS = ('plain', 'striped', 'dotted')
BACKGROUNDS = ('plain', 'gradient', 'stripes', 'checks', 'night', 'day', 'meadow')
TWO_COLOURED = ('gradient', 'stripes', 'checks')
PAINTED = ('night', 'day', 'meadow')
STYLES = ('flat', 'outline', 'pixel', 'soft', 'neon', 'monochrome')

_RADII = {
    'centre': {'small': 0.2, 'medium': 0.28, 'big': 0.38},
    'side': {'small': 0.15, 'medium': 0.2, 'big': 0.24},
    'corner': {'small': 0.12, 'medium': 0.15, 'big': 0.18},
}


def radius_of(spot: str, size: str) -> float:
    """Radius of a thing, as a fraction of the side. Things near the border are smaller, so that they fit."""
    group = 'centre' if spot == 'centre' else 'corner' if spot in CORNERS else 'side'
    return _RADII[group][size]


@dataclass(frozen=True)
class Thing:
    """One object. `dx`, `dy` (fractions of the side) and `grow` (factor): jitter that instructions never mention."""

    kind: str
    colour: str
    spot: str = 'centre'
    size: str = 'medium'
    dx: float = 0.0
    dy: float = 0.0
    grow: float = 1.0
    fill: str = 'plain'

    @property
    def place(self) -> tuple[float, float, float]:
        """(x, y, radius) as fractions of the side."""
        x, y = SPOTS[self.spot]
        return x + self.dx, y + self.dy, radius_of(self.spot, self.size) * self.grow


@dataclass(frozen=True)
class Background:
    """`kind` is one of `BACKGROUNDS`.

    `plain` has one colour; `gradient` goes from `colour` at the top to `second` at the bottom; vertical `stripes` and
    `checks` start with `colour` at the top left and alternate with `second`; the others have no colours.
    """

    kind: str = 'plain'
    colour: str = 'white'
    second: str = ''

    @property
    def clashes(self) -> frozenset[str]:
        """Colours that no thing on this background may have in any style; `contrast.py` adds those of a style."""
        if self.kind == 'night':
            return frozenset(('black', 'blue', 'purple'))
        if self.kind == 'meadow':
            return frozenset(('green', 'white'))
        if self.kind == 'day':
            return frozenset(('white',))
        return frozenset(name for name in (self.colour, self.second) if name)


@dataclass(frozen=True)
class Scene:
    """A whole picture. Later things cover earlier ones, and the word covers all; `style`: how everything is drawn."""

    background: Background
    things: tuple[Thing, ...] = ()
    style: str = 'flat'
    word: Word | None = None

    def with_thing(self, index: int, thing: Thing) -> Scene:
        """A copy with one thing replaced."""
        return replace(self, things=(*self.things[:index], thing, *self.things[index + 1 :]))
