"""Draws the images of units as the model sees them, and their masks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .backgrounds import pixel_grid
from .draw_views import draw_views
from .region import Region
from .unit import UnitImage


def draw_images(images: Sequence[UnitImage], side: int, device: torch.device | str = 'cpu') -> Tensor:
    """Images `[n, 3, side, side]`, −1..1, and −1 where erased."""
    pictures = draw_views([image.view for image in images], side, device)
    erased = [index for index, image in enumerate(images) if image.region and image.mode == 'erase']
    if erased:
        marks = draw_marks([images[index].region for index in erased], side, device)
        pictures[erased] = pictures[erased].masked_fill(marks[:, None] > 0, -1.0)
    return pictures


def draw_marks(regions: Sequence[Region], side: int, device: torch.device | str = 'cpu') -> Tensor:
    """Masks `[n, side, side]` of 0 and 1: a pixel is masked from mid-grey upwards."""
    return (draw_regions(regions, side, device) >= 0.5).float()


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
