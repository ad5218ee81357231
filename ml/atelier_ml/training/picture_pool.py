"""Draws many pictures into compact memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..world.draw_views import draw_views
from ..world.scene import Scene
from ..world.view import View
from .machine import Machine
from .progress import progress

AT_ONCE = (128, 1024)
"""Pictures drawn at once: on a CPU, whose caches they should fit, and on a GPU."""


def to_bytes(pictures: Tensor) -> Tensor:
    """−1..1 → uint8."""
    return ((pictures + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8)


def to_floats(pictures: Tensor) -> Tensor:
    """uint8 → −1..1."""
    return pictures.float() / 127.5 - 1


def draw_pool(pictures: Sequence[Scene | View], side: int, machine: Machine) -> Tensor:
    """All scenes and views, drawn on the device, as one uint8 tensor `[n, 3, side, side]` in main memory."""
    pool = torch.empty(len(pictures), 3, side, side, dtype=torch.uint8)
    for part in progress(list(chunks(len(pictures), machine.rows(*AT_ONCE))), 'drawing'):
        views = [View(each) if isinstance(each, Scene) else each for each in pictures[part]]
        pool[part] = to_bytes(draw_views(views, side, machine.device))
    return pool


def chunks(total: int, size: int) -> Iterable[slice]:
    """Slices that cover `range(total)`."""
    return (slice(start, min(start + size, total)) for start in range(0, total, size))
