"""Draws regions as masks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .backgrounds import pixel_grid
from .region import Region


def draw_regions(regions: Sequence[Region], side: int = 64, device: torch.device | str = 'cpu') -> Tensor:
    """Masks `[n, side, side]`: 1 in the region and 0 elsewhere, with hard edges."""
    boxes = torch.tensor([(r.left, r.top, r.right, r.bottom) for r in regions], device=device)
    left, top, right, bottom = boxes.T[:, :, None, None]
    grid = pixel_grid(side, device)
    # −1..1 within the box.
    x = (2 * grid[None, None, :] - left - right) / (right - left)
    y = (2 * grid[None, :, None] - top - bottom) / (bottom - top)
    in_box = (x.abs() <= 1) & (y.abs() <= 1)
    ellipse = torch.tensor([r.shape == 'ellipse' for r in regions], device=device)[:, None, None]
    outside = torch.tensor([r.outside for r in regions], device=device)[:, None, None]
    return (torch.where(ellipse, x * x + y * y <= 1, in_box) ^ outside).float()
