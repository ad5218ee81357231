"""What stands where in a picture, by patches: the kind and the colour that each patch counts as."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ..world.palette import COLOUR_NAMES
from ..world.region import Region
from ..world.unit import UnitImage

_LEAST = 0.25
"""Share of a patch that a thing must cover (its box, that is) to be what the patch shows."""


def token_labels(images: Iterable[UnitImage], kinds: tuple[str, ...], grid: int) -> Tensor:
    """uint8 `[n, grid², 2]`: kind (1 background, 2 … those of `kinds`) and colour (1 … those of the palette) of
    each patch; 0 where it cannot be said, as under an erased mask, or the colour in a monochrome picture."""
    return torch.tensor([_labels(image, kinds, grid) for image in images], dtype=torch.uint8).view(-1, grid**2, 2)


def _labels(image: UnitImage, kinds: tuple[str, ...], grid: int) -> list[list[int]]:
    scene = image.view.scene
    coloured = image.view.kind == 'picture' and scene.style != 'monochrome'
    ground = scene.background
    plain = coloured and ground.kind == 'plain'
    labels = [[1, 1 + COLOUR_NAMES.index(ground.colour) if plain else 0] for _ in range(grid**2)]
    for thing in scene.things:
        label = [2 + kinds.index(thing.kind), 1 + COLOUR_NAMES.index(thing.colour) if coloured else 0]
        x, y, radius = thing.place
        across, down = _overlaps(x, radius, grid), _overlaps(y, radius, grid)
        for index in range(grid**2):
            if across[index % grid] * down[index // grid] >= _LEAST:
                labels[index] = label
    if image.mode == 'erase' and image.region:
        for index in range(grid**2):
            if _erased(image.region, (index % grid + 0.5) / grid, (index // grid + 0.5) / grid):
                labels[index] = [0, 0]
    return labels


def _overlaps(centre: float, radius: float, grid: int) -> list[float]:
    """Shares of each of `grid` parts of 0..1 that lie within the radius."""
    return [
        max(0.0, min((part + 1) / grid, centre + radius) - max(part / grid, centre - radius)) * grid
        for part in range(grid)
    ]


def _erased(region: Region, x: float, y: float) -> bool:
    inside = region.left <= x <= region.right and region.top <= y <= region.bottom
    return inside != region.outside
