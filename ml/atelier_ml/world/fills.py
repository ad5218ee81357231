"""The patterns inside things."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .backgrounds import pixel_grid
from .scene import Thing

_PERIOD = 1 / 8
"""Distance of two stripes or dots as a share of the side: the same for all sizes, so that small things show it too."""
_DOT = 0.036


def pattern(things: Sequence[Thing], side: int, device: torch.device | str = 'cpu') -> Tensor:
    """Where striped and dotted things have their second tone, `[n, side, side]`, 0..1. It moves with the thing."""
    centres = torch.tensor([thing.place[:2] for thing in things], device=device)
    dotted = torch.tensor([thing.fill == 'dotted' for thing in things], device=device)[:, None, None]
    grid = pixel_grid(side, device)
    x = (grid - centres[:, :1])[:, None, :]
    y = (grid - centres[:, 1:])[:, :, None]
    stripes = 0.5 - (_folded(y) - _PERIOD / 4) * side
    spots = 0.5 - (torch.hypot(_folded(x), _folded(y)) - _DOT) * side
    return torch.where(dotted, spots, stripes.expand(-1, -1, side)).clamp(0, 1)


def _folded(distance: Tensor) -> Tensor:
    """Distance to the nearest multiple of the period."""
    return (distance - (distance / _PERIOD).round() * _PERIOD).abs()
