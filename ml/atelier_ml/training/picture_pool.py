"""Draws many pictures into compact memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..world.draw_views import draw_views
from ..world.scene import Scene
from ..world.view import View
from .progress import progress

_AT_ONCE = 128


def to_bytes(pictures: Tensor) -> Tensor:
    """−1..1 → uint8."""
    return ((pictures + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8)


def to_floats(pictures: Tensor) -> Tensor:
    """uint8 → −1..1."""
    return pictures.float() / 127.5 - 1


def draw_pool(pictures: Sequence[Scene | View], side: int) -> Tensor:
    """All scenes and views as one uint8 tensor `[n, 3, side, side]`."""
    pool = torch.empty(len(pictures), 3, side, side, dtype=torch.uint8)
    for start in progress(range(0, len(pictures), _AT_ONCE), 'drawing'):
        views = [View(each) if isinstance(each, Scene) else each for each in pictures[start : start + _AT_ONCE]]
        pool[start : start + _AT_ONCE] = to_bytes(draw_views(views, side))
    return pool


def chunks(total: int, size: int) -> Iterable[slice]:
    """Slices that cover `range(total)`."""
    return (slice(start, min(start + size, total)) for start in range(0, total, size))
