"""Draws many pictures into compact memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..world.draw import draw_scenes
from ..world.scene import Scene
from .progress import progress

_AT_ONCE = 128


def to_bytes(pictures: Tensor) -> Tensor:
    """−1..1 → uint8."""
    return ((pictures + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8)


def to_floats(pictures: Tensor) -> Tensor:
    """uint8 → −1..1."""
    return pictures.float() / 127.5 - 1


def draw_pool(scenes: Sequence[Scene], side: int) -> Tensor:
    """All scenes as one uint8 tensor `[n, 3, side, side]`."""
    pool = torch.empty(len(scenes), 3, side, side, dtype=torch.uint8)
    for start in progress(range(0, len(scenes), _AT_ONCE), 'drawing'):
        pool[start : start + _AT_ONCE] = to_bytes(draw_scenes(scenes[start : start + _AT_ONCE], side))
    return pool


def chunks(total: int, size: int) -> Iterable[slice]:
    """Slices that cover `range(total)`."""
    return (slice(start, min(start + size, total)) for start in range(0, total, size))
