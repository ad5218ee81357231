"""Draws the images of units into a compact tensor."""

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
"""Images drawn at a time on a CPU, where they should fit in the caches, and on a GPU."""


def draw_image_pool(images: Sequence[UnitImage], side: int, machine: Machine) -> Tensor:
    """Draws all images on the device, with erased regions, and returns them as uint8 `[n, 3, side, side]` in main
    memory."""
    pool = torch.empty(len(images), 3, side, side, dtype=torch.uint8)
    for part in progress(list(chunks(len(images), machine.chunk_size(*_AT_ONCE))), 'drawing'):
        pool[part] = to_bytes(draw_images(images[part], side, machine.device))
    return pool
