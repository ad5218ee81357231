"""Post-processing of pictures by style."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

LINE_STYLES = ('outline', 'neon')
"""Styles that draw things as lines on the background."""

_BLUR = 1 / 32
"""Standard deviation of the blur in `soft`, as a fraction of the side."""
_BLOCKS = 16
"""Blocks per row in `pixel`."""
_DARK = 0.3
"""Factor by which `neon` dims the background."""


def darkened(pictures: Tensor) -> Tensor:
    """The dimmed backgrounds of `neon`."""
    return (pictures + 1) * _DARK - 1


def softened(pictures: Tensor) -> Tensor:
    """The whole picture blurred, with replicated borders."""
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
"""Style → the post-processing applied after all things are drawn."""
