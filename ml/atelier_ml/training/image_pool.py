"""Draws the images of units into compact memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..progress import progress
from ..world.draw_images import draw_images
from ..world.unit import UnitImage
from .chunks import chunks
from .machine import Machine
from .picture_bytes import to_bytes

_AT_ONCE = (128, 1024)
"""Images drawn at once: on a CPU, whose caches they should fit, and on a GPU."""


def draw_image_pool(images: Sequence[UnitImage], side: int, machine: Machine) -> Tensor:
    """All images, erased where their masks say so, drawn on the device, as a uint8 tensor `[n, 3, side, side]` in main
    memory."""
    pool = torch.empty(len(images), 3, side, side, dtype=torch.uint8)
    for part in progress(list(chunks(len(images), machine.rows(*_AT_ONCE))), 'drawing'):
        pool[part] = to_bytes(draw_images(images[part], side, machine.device))
    return pool
