"""What styles do to a finished picture."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

LINE_STYLES = ('outline', 'neon')
"""Styles that draw things as lines over the background."""

_BLUR = 1 / 32
"""Standard deviation of the blur of `soft`, as a share of the side."""
_BLOCKS = 16
"""Blocks in a row of `pixel`."""
_DARK = 0.3
"""Brightness that `neon` leaves of a background."""


def darkened(pictures: Tensor) -> Tensor:
    """The backgrounds of `neon`: the same colours, dark."""
    return (pictures + 1) * _DARK - 1


def softened(pictures: Tensor) -> Tensor:
    """The whole picture blurred; what lies beyond the rim is taken to be as at the rim."""
    deviation = _BLUR * pictures.shape[-1]
    reach = math.ceil(2.5 * deviation)
    steps = torch.arange(-reach, reach + 1, dtype=pictures.dtype, device=pictures.device)
    kernel = torch.exp(-0.5 * (steps / deviation) ** 2)
    kernel = kernel / kernel.sum()
    n, channels, height, width = pictures.shape
    flat = F.pad(pictures.reshape(n * channels, 1, height, width), (reach,) * 4, mode='replicate')
    flat = F.conv2d(F.conv2d(flat, kernel[None, None, None, :]), kernel[None, None, :, None])
    return flat.reshape(pictures.shape)


def pixelated(pictures: Tensor) -> Tensor:
    """A mosaic of square blocks. The side must be a multiple of 16."""
    side = pictures.shape[-1]
    if side % _BLOCKS:
        raise ValueError(f'the style pixel needs a side that is a multiple of {_BLOCKS}, got {side}')
    return F.interpolate(F.avg_pool2d(pictures, side // _BLOCKS), size=side, mode='nearest')


def greyed(pictures: Tensor) -> Tensor:
    """Grey levels by luminance."""
    weights = pictures.new_tensor((0.299, 0.587, 0.114))[:, None, None]
    return (pictures * weights).sum(1, keepdim=True).expand(-1, 3, -1, -1)


FINISHES = {'soft': softened, 'pixel': pixelated, 'monochrome': greyed}
"""Style → what is done to the picture when all things are drawn."""
