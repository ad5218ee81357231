"""Building blocks of the autoencoder."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from .attention import attention


def group_norm(channels: int) -> nn.GroupNorm:
    """Group norm with 32 groups, as in the published model; below 32 channels, groups of four channels."""
    return nn.GroupNorm(32 if channels >= 32 else max(1, channels // 4), channels, eps=1e-6)


class ResBlock(nn.Module):
    """Two normalised 3×3 convolutions with a residual connection, a 1×1 convolution if the channels change."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm1 = group_norm(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm2 = group_norm(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        if channels_in != channels_out:
            self.nin_shortcut = nn.Conv2d(channels_in, channels_out, 1)
        self.changes = channels_in != channels_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[B, channels_in, h, w]` → `[B, channels_out, h, w]`."""
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return h + (self.nin_shortcut(x) if self.changes else x)


class PixelAttention(nn.Module):
    """Single-head attention over all pixels, with a residual connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = group_norm(channels)
        self.q = nn.Conv2d(channels, channels, 1)
        self.k = nn.Conv2d(channels, channels, 1)
        self.v = nn.Conv2d(channels, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[B, C, h, w]` → `[B, C, h, w]`."""
        h = self.norm(x)
        q, k, v = (layer(h).flatten(2).transpose(1, 2) for layer in (self.q, self.k, self.v))
        return x + self.proj_out(attention(q, k, v, heads=1).transpose(1, 2).reshape(x.shape))


class Downsample(nn.Module):
    """Halves both sides; pads on the right and at the bottom only."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[B, C, h, w]` → `[B, C, h / 2, w / 2]`."""
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Doubles both sides by repeating pixels, then convolves."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[B, C, h, w]` → `[B, C, 2 * h, 2 * w]`."""
        return self.conv(F.interpolate(x, scale_factor=2.0, mode='nearest'))


class Middle(nn.Module):
    """Residual block, attention, residual block, at the lowest resolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block_1 = ResBlock(channels, channels)
        self.attn_1 = PixelAttention(channels)
        self.block_2 = ResBlock(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[B, C, h, w]` → `[B, C, h, w]`."""
        return self.block_2(self.attn_1(self.block_1(x)))


class Refiner(nn.Module):
    """Residual blocks with twice the channels at the lowest resolution, with a residual connection around them. The
    output layer is initialised to zero, so an untrained refiner changes nothing.

    The published model has none. A small denoiser's latents are slightly off, and a large receptive field is needed to
    correct them: to tell, for example, which shape a blurred corner belongs to.
    """

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        width = 2 * channels
        self.conv_in = nn.Conv2d(channels, width, 1)
        self.block = nn.ModuleList(ResBlock(width, width) for _ in range(blocks))
        self.norm_out = group_norm(width)
        self.conv_out = nn.Conv2d(width, channels, 1)
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[B, C, h, w]` → `[B, C, h, w]`."""
        h = self.conv_in(x)
        for block in self.block:
            h = block(h)
        return x + self.conv_out(F.silu(self.norm_out(h)))
