"""Distances from pixels to the outlines of things, looked up in a table per kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .backgrounds import pixel_grid
from .scene import Thing
from .shapes import SHAPES

_REACH = 2.0
"""Extent of a table from the centre, in radii."""
_CELLS = 320


def distances(things: Sequence[Thing], side: int, device: torch.device | str = 'cpu') -> Tensor:
    """Distance to each thing's outline in pixels, negative inside, `[n, side, side]`.

    It saturates one radius away from the thing.
    """
    # The judge draws the same shapes hundreds of times, in different colours.
    rows = {key: row for row, key in enumerate(dict.fromkeys((thing.kind, thing.place) for thing in things))}
    by_kind: dict[str, list[int]] = defaultdict(list)
    for (kind, _), row in rows.items():
        by_kind[kind].append(row)
    places = torch.tensor([place for _, place in rows], device=device)
    found = torch.empty(len(rows), side, side, device=device)
    grid = pixel_grid(side, device)
    for kind, indices in by_kind.items():
        x, y, radius = (column[:, None] for column in places[indices].T)
        across = ((grid - x) / radius / _REACH)[:, None, :].expand(-1, side, -1)
        down = ((grid - y) / radius / _REACH)[:, :, None].expand(-1, -1, side)
        table = _table(kind, str(device)).expand(len(indices), 1, -1, -1)
        found[indices] = (
            F.grid_sample(table, torch.stack((across, down), -1), padding_mode='border', align_corners=False)[:, 0]
            * radius[:, :, None]
            * side
        )
    if len(rows) == len(things):
        return found
    return found[[rows[thing.kind, thing.place] for thing in things]]


@cache
def _table(kind: str, device: str) -> Tensor:
    """The kind's distances on a grid from −`_REACH` to `_REACH` radii, `[cells, cells]`."""
    grid = (pixel_grid(_CELLS, device) * 2 - 1) * _REACH
    return SHAPES[kind](grid[None, :].expand(_CELLS, -1).contiguous(), grid[:, None].expand(-1, _CELLS).contiguous())
