"""The window of a picture in which a thing is searched for."""

from __future__ import annotations

import torch

from .scene import Thing


def surroundings(thing: Thing, side: int) -> tuple[slice, slice]:
    """Rows and columns around a thing in a picture of `side` pixels, with a margin for bigger or displaced ones."""
    x, y, radius = thing.place
    grid = (torch.arange(side) + 0.5) / side
    rows = ((grid - y).abs() < 1.3 * radius + 0.05).nonzero()[:, 0]
    columns = ((grid - x).abs() < 1.3 * radius + 0.05).nonzero()[:, 0]
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
