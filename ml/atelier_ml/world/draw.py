"""Draws many scenes at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

from .palette import rgb
from .scene import Background, Scene
from .shapes import SHAPES

_NIGHT_STARS = (
    (0.12, 0.1), (0.36, 0.06), (0.9, 0.3), (0.07, 0.55), (0.62, 0.92), (0.93, 0.7), (0.3, 0.9), (0.66, 0.08)
)  # fmt: skip


def draw_scenes(scenes: Sequence[Scene], side: int = 64) -> Tensor:
    """Draws scenes as a float tensor `[n, 3, side, side]`, −1..1, edges smoothed over one pixel."""
    pictures = _backgrounds([scene.background for scene in scenes], side)
    layers = max((len(scene.things) for scene in scenes), default=0)
    for layer in range(layers):
        by_kind: dict[str, list[int]] = defaultdict(list)
        for index, scene in enumerate(scenes):
            if layer < len(scene.things):
                by_kind[scene.things[layer].kind].append(index)
        for kind, indices in by_kind.items():
            things = [scenes[index].things[layer] for index in indices]
            # The judge draws the same shape in ten colours, and beside it the same other thing, hundreds of times.
            rows = {place: row for row, place in enumerate(dict.fromkeys(thing.place for thing in things))}
            cover = _coverage(kind, list(rows), side)[[rows[thing.place] for thing in things]]
            colour = torch.tensor([rgb(thing.colour) for thing in things])[:, :, None, None]
            below = pictures[indices]
            pictures[indices] = below + (colour - below) * cover[:, None]
    return pictures


def _grid(side: int) -> Tensor:
    """Centres of the pixels as shares of the side, `[side]`."""
    return (torch.arange(side, dtype=torch.float32) + 0.5) / side


def _coverage(kind: str, places: Sequence[tuple[float, float, float]], side: int) -> Tensor:
    """How much of every pixel the shape covers, `[n, side, side]`, 0..1."""
    centre_x, centre_y, radius = torch.tensor(places).T[:, :, None, None]
    grid = _grid(side)
    x = ((grid[None, None, :] - centre_x) / radius).expand(-1, side, -1)
    y = ((grid[None, :, None] - centre_y) / radius).expand(-1, -1, side)
    distance = SHAPES[kind](x, y) * radius * side
    return (0.5 - distance).clamp(0, 1)


def _backgrounds(backgrounds: Sequence[Background], side: int) -> Tensor:
    top = torch.tensor([rgb(_ends(b)[0]) for b in backgrounds])[:, :, None]
    bottom = torch.tensor([rgb(_ends(b)[1]) for b in backgrounds])[:, :, None]
    columns = top + (bottom - top) * _grid(side)[None, None, :]
    pictures = columns[:, :, :, None].expand(-1, -1, -1, side).contiguous()
    for name, picture in (('night', _night), ('meadow', _meadow)):
        indices = [index for index, b in enumerate(backgrounds) if b.kind == name]
        if indices:
            pictures[indices] = picture(side)
    return pictures


def _ends(background: Background) -> tuple[str, str]:
    top = background.colour or 'white'
    return top, background.second or top


def _night(side: int) -> Tensor:
    grid = _grid(side)
    top, bottom = torch.tensor([-0.92, -0.9, -0.6]), torch.tensor([-0.7, -0.66, -0.1])
    picture = (top[:, None] + (bottom - top)[:, None] * grid)[:, :, None].expand(-1, -1, side).clone()
    for x, y in _NIGHT_STARS:
        distance = torch.hypot(grid[None, :] - x, grid[:, None] - y) * side
        picture += (1.0 - picture) * (1.8 - distance * 64 / side).clamp(0, 1)
    return picture


def _meadow(side: int) -> Tensor:
    grid = _grid(side)
    sky_top, sky_low = torch.tensor([-0.25, 0.3, 0.95]), torch.tensor([0.55, 0.75, 1.0])
    sky = sky_top[:, None] + (sky_low - sky_top)[:, None] * grid
    grass = torch.tensor([-0.3, 0.45, -0.45])[:, None]
    ground = ((grid - 0.7) * side + 0.5).clamp(0, 1)
    return (sky + (grass - sky) * ground)[:, :, None].expand(-1, -1, side)
