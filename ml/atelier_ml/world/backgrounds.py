"""Draws backgrounds."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .palette import rgb
from .scene import Background

_NIGHT_STARS = (
    (0.12, 0.1), (0.36, 0.06), (0.9, 0.3), (0.07, 0.55), (0.62, 0.92), (0.93, 0.7), (0.3, 0.9), (0.66, 0.08)
)  # fmt: skip
_SUN = (0.13, 0.13, 0.09)
_CLOUDS = (
    (0.7, 0.1, 0.06),
    (0.78, 0.08, 0.08),
    (0.87, 0.1, 0.06),
    (0.14, 0.9, 0.05),
    (0.22, 0.88, 0.07),
    (0.3, 0.9, 0.05),
)
_STRIPE = 1 / 8
_CHECK = 1 / 4


def draw_backgrounds(backgrounds: Sequence[Background], side: int, device: torch.device | str = 'cpu') -> Tensor:
    """Draws backgrounds as `[n, 3, side, side]`, −1..1."""
    first = torch.tensor([rgb(b.colour or 'white') for b in backgrounds], device=device)[:, :, None, None]
    second = torch.tensor([rgb(b.second or b.colour or 'white') for b in backgrounds], device=device)[:, :, None, None]
    grid = pixel_grid(side, device)
    pictures = (first + (second - first) * grid[:, None]).expand(-1, -1, -1, side).contiguous()
    for name, odd in (('stripes', _stripes(grid)), ('checks', _checks(grid))):
        indices = [index for index, b in enumerate(backgrounds) if b.kind == name]
        if indices:
            pictures[indices] = torch.where(odd, second[indices], first[indices])
    for name, picture in (('night', _night), ('day', _day), ('meadow', _meadow)):
        indices = [index for index, b in enumerate(backgrounds) if b.kind == name]
        if indices:
            pictures[indices] = picture(grid)
    return pictures


def pixel_grid(side: int, device: torch.device | str = 'cpu') -> Tensor:
    """Pixel centres as fractions of the side, `[side]`."""
    return (torch.arange(side, dtype=torch.float32, device=device) + 0.5) / side


def _stripes(grid: Tensor) -> Tensor:
    return ((grid / _STRIPE).floor() % 2 == 1)[None, :].expand(len(grid), -1)


def _checks(grid: Tensor) -> Tensor:
    odd = (grid / _CHECK).floor() % 2 == 1
    return odd[None, :] ^ odd[:, None]


def _fade(grid: Tensor, top: tuple[float, ...], bottom: tuple[float, ...]) -> Tensor:
    start, end = grid.new_tensor(top)[:, None, None], grid.new_tensor(bottom)[:, None, None]
    return (start + (end - start) * grid[:, None]).expand(-1, -1, len(grid)).clone()


def _disc(grid: Tensor, x: float, y: float, radius: float) -> Tensor:
    """Coverage of every pixel by a disc, 0..1."""
    return (0.5 - (torch.hypot(grid[None, :] - x, grid[:, None] - y) - radius) * len(grid)).clamp(0, 1)


def _night(grid: Tensor) -> Tensor:
    picture = _fade(grid, (-0.92, -0.9, -0.6), (-0.7, -0.66, -0.1))
    for x, y in _NIGHT_STARS:
        distance = torch.hypot(grid[None, :] - x, grid[:, None] - y)
        picture += (1.0 - picture) * (1.8 - distance * 64).clamp(0, 1)
    return picture


def _day(grid: Tensor) -> Tensor:
    picture = _fade(grid, (-0.3, 0.3, 0.95), (0.4, 0.7, 1.0))
    for parts, colour in (((_SUN,), (0.98, 0.8, -0.4)), (_CLOUDS, (0.98, 0.98, 0.98))):
        cover = torch.stack([_disc(grid, *part) for part in parts]).amax(0)
        picture += (grid.new_tensor(colour)[:, None, None] - picture) * cover
    return picture


def _meadow(grid: Tensor) -> Tensor:
    sky = _fade(grid, (-0.25, 0.3, 0.95), (0.55, 0.75, 1.0))
    grass = grid.new_tensor((-0.3, 0.45, -0.45))[:, None, None]
    ground = ((grid - 0.7) * len(grid) + 0.5).clamp(0, 1)[:, None]
    return sky + (grass - sky) * ground
