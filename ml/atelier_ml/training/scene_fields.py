"""A view of a scene as a short row of class indices: what is at every spot, the background, the style, the word."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..world.palette import COLOUR_NAMES
from ..world.region import Region
from ..world.scene import FILLS, SIZES, SPOTS, STYLES
from ..world.view import VIEWS, View
from ..world.word import LETTERS, LONGEST, WORD_SPOTS

_SPOT_NAMES = tuple(SPOTS)
SPECIAL = 3
PLACES = len(_SPOT_NAMES) + SPECIAL
"""Every spot, then the background, the style and the word."""
SLOTS = 5
"""Fields of a spot: kind, colour, size, fill, masked; of the background: kind, colour, second colour, unused, masked;
of the style: style, view, three unused; of the word: three letters, colour, spot."""
_MASKED = 4
_BACKGROUND = len(_SPOT_NAMES)


@dataclass(frozen=True)
class SceneFields:
    """Encodes views of a world with these kinds and backgrounds; 0 means that there is nothing."""

    kinds: tuple[str, ...]
    backgrounds: tuple[str, ...]

    @property
    def classes(self) -> int:
        """The largest number of values of any field."""
        tables = (self.kinds, self.backgrounds, COLOUR_NAMES, SIZES, FILLS, STYLES, VIEWS, LETTERS)
        return 1 + max(len(table) for table in tables)

    def row(self, view: View | None, region: Region | None = None) -> list[int]:
        """`PLACES * SLOTS` indices; all 0 for no view. If two things share a spot, the upper one counts."""
        places = [[0] * SLOTS for _ in range(PLACES)]
        if view is None:
            return [number for place in places for number in place]
        for thing in view.scene.things:
            places[_SPOT_NAMES.index(thing.spot)] = [
                1 + self.kinds.index(thing.kind),
                1 + COLOUR_NAMES.index(thing.colour),
                1 + SIZES.index(thing.size),
                1 + FILLS.index(thing.fill),
                0,
            ]
        ground = view.scene.background
        colours = [1 + COLOUR_NAMES.index(name) if name else 0 for name in (ground.colour, ground.second)]
        places[_BACKGROUND] = [1 + self.backgrounds.index(ground.kind), *colours, 0, 0]
        places[_BACKGROUND + 1] = [1 + STYLES.index(view.scene.style), 1 + VIEWS.index(view.kind), 0, 0, 0]
        if word := view.scene.word:
            letters = [1 + LETTERS.index(letter) for letter in word.text]
            letters += [0] * (LONGEST - len(letters))
            places[-1] = [*letters, 1 + COLOUR_NAMES.index(word.colour), 1 + WORD_SPOTS.index(word.spot)]
        if region is not None:
            places[_BACKGROUND if region.outside else _nearest_spot(region)][_MASKED] = 1
        return [number for place in places for number in place]


def _nearest_spot(region: Region) -> int:
    centre = (region.left + region.right) / 2, (region.top + region.bottom) / 2
    return min(range(len(_SPOT_NAMES)), key=lambda index: math.dist(centre, SPOTS[_SPOT_NAMES[index]]))
