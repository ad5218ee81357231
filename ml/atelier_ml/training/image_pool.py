"""Draws the images of units into compact memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..world.draw_images import draw_images
from ..world.unit import UnitImage
from .picture_pool import chunks, to_bytes
from .progress import progress

_AT_ONCE = 128


def draw_image_pool(images: Sequence[UnitImage], side: int) -> Tensor:
    """All images, erased where their masks say so, as one uint8 tensor `[n, 3, side, side]`."""
    pool = torch.empty(len(images), 3, side, side, dtype=torch.uint8)
    for part in progress(list(chunks(len(images), _AT_ONCE)), 'drawing'):
        pool[part] = to_bytes(draw_images(images[part], side))
    return pool
