"""Per-patch labels of an image: the kind, colour, size, fill and style that each patch shows."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ..world.palette import COLOUR_NAMES
from ..world.region import Region
from ..world.scene import FILLS, SIZES, STYLES
from ..world.unit import UnitImage

_LEAST = 0.25
"""Fraction of a patch that a thing's bounding box must cover for the patch to be labelled with it."""


def patch_labels(images: Iterable[UnitImage], kinds: tuple[str, ...], grid: int) -> Tensor:
    """uint8 `[n, grid², 5]`, for each patch: kind (1: background, from 2: `kinds`), colour (from 1: the palette), size
    and fill of its thing, and style (each from 1, in the order of `world/scene.py`). 0 means unknown: under an erased
    mask, the colour of a monochrome image, the fill of a background."""
    return torch.tensor([_labels(image, kinds, grid) for image in images], dtype=torch.uint8).view(-1, grid**2, 5)


def _labels(image: UnitImage, kinds: tuple[str, ...], grid: int) -> list[list[int]]:
    scene = image.view.scene
    painted = image.view.kind == 'picture'
    coloured = painted and scene.style != 'monochrome'
    filled = painted and scene.style != 'pixel'
    style = 1 + STYLES.index(scene.style) if painted else 0
    ground = scene.background
    plain = coloured and ground.kind == 'plain'
    labels = [[1, 1 + COLOUR_NAMES.index(ground.colour) if plain else 0, 0, 0, style] for _ in range(grid**2)]
    for thing in scene.things:
        label = [
            2 + kinds.index(thing.kind),
            1 + COLOUR_NAMES.index(thing.colour) if coloured else 0,
            1 + SIZES.index(thing.size),
            1 + FILLS.index(thing.fill) if filled else 0,
            style,
        ]
        x, y, radius = thing.place
        across, down = _overlaps(x, radius, grid), _overlaps(y, radius, grid)
        for index in range(grid**2):
            if across[index % grid] * down[index // grid] >= _LEAST:
                labels[index] = label
    if image.mode == 'erase' and image.region:
        for index in range(grid**2):
            if _erased(image.region, (index % grid + 0.5) / grid, (index // grid + 0.5) / grid):
                labels[index] = [0, 0, 0, 0, 0]
    return labels


def _overlaps(centre: float, radius: float, grid: int) -> list[float]:
    """For each of `grid` equal parts of 0..1, the fraction that lies within the radius."""
    return [
        max(0.0, min((part + 1) / grid, centre + radius) - max(part / grid, centre - radius)) * grid
        for part in range(grid)
    ]


def _erased(region: Region, x: float, y: float) -> bool:
    inside = region.left <= x <= region.right and region.top <= y <= region.bottom
    return inside != region.outside
