"""Random regions: around a thing, anywhere, or everything but a part of the image."""

from __future__ import annotations

import random

from .region import Region

SHAPES = ('box', 'ellipse')


def random_region(rng: random.Random, around: tuple[float, float, float] | None = None) -> Region:
    """A box or an ellipse that covers a thing at `around` (x, y, radius) with a margin; None: anywhere."""
    shape = rng.choice(SHAPES)
    if around is None:
        width, height = rng.uniform(0.35, 0.6), rng.uniform(0.35, 0.6)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        return Region(left, top, left + width, top + height, shape)
    x, y, radius = around
    # The corners of the thing's bounding square must be inside, so an ellipse needs √2 times the half side.
    room = [radius * rng.uniform(1.12, 1.4) * (1.42 if shape == 'ellipse' else 1.0) for _ in range(4)]
    if shape == 'ellipse':
        # Uneven margins would move its centre away from the thing.
        room[2:] = room[:2]
        return Region(x - room[0], y - room[1], x + room[2], y + room[3], shape)
    return Region(max(0.0, x - room[0]), max(0.0, y - room[1]), min(1.0, x + room[2]), min(1.0, y + room[3]), shape)


def random_outside(rng: random.Random) -> Region:
    """Everything but a box of half to three quarters of the side: a region to outpaint."""
    width, height = rng.uniform(0.5, 0.75), rng.uniform(0.5, 0.75)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    return Region(left, top, left + width, top + height, 'box', outside=True)
