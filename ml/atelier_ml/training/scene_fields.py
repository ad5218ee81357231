"""A view of a scene as a short row of numbers: what stands at every spot, the background, the style."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..world.palette import COLOUR_NAMES
from ..world.region import Region
from ..world.scene import FILLS, SIZES, SPOTS, STYLES
from ..world.view import VIEWS, View

_SPOT_NAMES = tuple(SPOTS)
PLACES = len(_SPOT_NAMES) + 2
"""Every spot, then the background, then the style."""
SLOTS = 5
"""Fields of a spot: kind, colour, size, fill, marked; of the background: kind, colour, second colour, nothing, marked;
of the style: style, view, three times nothing."""
_MARKED = 4


@dataclass(frozen=True)
class SceneFields:
    """Numbers views of a world with these kinds and backgrounds; 0 says that there is nothing."""

    kinds: tuple[str, ...]
    backgrounds: tuple[str, ...]

    @property
    def classes(self) -> int:
        """How many values a field can have, at most."""
        tables = (self.kinds, self.backgrounds, COLOUR_NAMES, SIZES, FILLS, STYLES, VIEWS)
        return 1 + max(len(table) for table in tables)

    def row(self, view: View | None, region: Region | None = None) -> list[int]:
        """`PLACES * SLOTS` numbers; all 0 for no view. Of two things at one spot the upper one counts."""
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
        places[-2] = [1 + self.backgrounds.index(ground.kind), *colours, 0, 0]
        places[-1] = [1 + STYLES.index(view.scene.style), 1 + VIEWS.index(view.kind), 0, 0, 0]
        if region is not None:
            places[PLACES - 2 if region.outside else _nearest_spot(region)][_MARKED] = 1
        return [number for place in places for number in place]


def _nearest_spot(region: Region) -> int:
    centre = (region.left + region.right) / 2, (region.top + region.bottom) / 2
    return min(range(len(_SPOT_NAMES)), key=lambda index: math.dist(centre, SPOTS[_SPOT_NAMES[index]]))
