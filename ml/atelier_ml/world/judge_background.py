"""Judges which background a picture shows."""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .draw import draw_scenes
from .draw_words import word_rows
from .palette import COLOUR_NAMES
from .scene import PAINTED, TWO_COLOURED, Background, Scene

_COMPARED_AT = 32
"""Size at which backgrounds are compared: they are coarse, and there are hundreds."""
_ALIKE = 0.04
"""Backgrounds whose visible parts differ by less (mean, 0..1) are considered the same: styles may hide colours."""
_LITTER = 0.2
"""Mean difference (0..1) from the expected picture above which a patch without things is not empty."""

OPTIONS: tuple[Background, ...] = (
    *(Background('plain', colour) for colour in COLOUR_NAMES),
    *(Background(kind, '') for kind in PAINTED),
    *(
        Background(kind, first, second)
        for kind in TWO_COLOURED
        for first in COLOUR_NAMES
        for second in COLOUR_NAMES
        if first != second
    ),
)
"""All possible backgrounds."""


def background_right(picture: Tensor, expected: Scene) -> bool:
    """Whether the expected background is the nearest to a picture `[3, h, w]` outside of things, with nothing else on
    it."""
    free = free_of_things(expected, _COMPARED_AT)
    seen = F.interpolate(picture[None], size=_COMPARED_AT, mode='area')
    drawn = _drawn(expected.style, picture.shape[-1])
    true = drawn[OPTIONS.index(expected.background)]
    area = free.sum().clamp(min=1) * 2
    errors = ((drawn - seen).abs().mean(1) * free).sum((1, 2)) / area
    apart = ((drawn - true).abs().mean(1) * free).sum((1, 2)) / area
    nearest = errors[apart >= _ALIKE].min()
    return bool(errors[OPTIONS.index(expected.background)] < nearest) and _nothing_else(picture, expected)


def free_of_things(scene: Scene, side: int) -> Tensor:
    """`[side, side]`: 1 where a pixel is well outside every thing (1.35 radii and a margin) and not next to a word."""
    grid = (torch.arange(side) + 0.5) / side
    free = torch.ones(side, side)
    for thing in scene.things:
        x, y, radius = thing.place
        free *= (torch.hypot(grid[None] - x, grid[:, None] - y) > 1.35 * radius + 0.03).float()
    if scene.word:
        free[word_rows(scene.word.spot, side)] = 0
    return free


def _nothing_else(picture: Tensor, expected: Scene) -> bool:
    side = picture.shape[-1]
    off = (picture - draw_scenes([expected], side)[0]).abs().mean(0) / 2 * free_of_things(expected, side)
    patch = max(side // 8, 1)
    return F.avg_pool2d(off[None], patch, stride=max(patch // 2, 1)).max().item() < _LITTER


@cache
def _drawn(style: str, side: int) -> Tensor:
    pictures = draw_scenes([Scene(option, (), style) for option in OPTIONS], side)
    return F.interpolate(pictures, size=_COMPARED_AT, mode='area')
