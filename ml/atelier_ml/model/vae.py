"""The autoencoder between images and latents, with the layout and names of latent-diffusion."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from .config import VaeConfig
from .vae_blocks import Downsample, Middle, Refiner, ResBlock, Upsample, group_norm


class _Level(nn.Module):
    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.block = nn.ModuleList(ResBlock(a, b) for a, b in pairwise(widths))


class Encoder(nn.Module):
    """Image → moments, before `quant_conv`."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        width = config.ch
        self.conv_in = nn.Conv2d(config.in_channels, width, 3, padding=1)
        self.down = nn.ModuleList()
        for index, mult in enumerate(config.mult):
            level = _Level([width] + [config.ch * mult] * config.res_blocks)
            width = config.ch * mult
            if index < len(config.mult) - 1:
                level.downsample = Downsample(width)
            self.down.append(level)
        self.mid = Middle(width)
        self.norm_out = group_norm(width)
        self.conv_out = nn.Conv2d(width, 2 * config.z_channels, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """`[B, 3, H, W]` → `[B, 2 * z_channels, h, w]`."""
        x = self.conv_in(image)
        for level in self.down:
            for block in level.block:
                x = block(x)
            if hasattr(level, 'downsample'):
                x = level.downsample(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    """Latent, after `post_quant_conv` → image."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        width = config.ch * config.mult[-1]
        self.conv_in = nn.Conv2d(config.z_channels, width, 3, padding=1)
        self.mid = Middle(width)
        if config.refiner_blocks:
            self.refiner = Refiner(width, config.refiner_blocks)
        levels = []
        for index, mult in reversed(list(enumerate(config.mult))):
            level = _Level([width] + [config.ch * mult] * (config.res_blocks + 1))
            width = config.ch * mult
            if index > 0:
                level.upsample = Upsample(width)
            levels.append(level)
        self.up = nn.ModuleList(reversed(levels))
        self.norm_out = group_norm(width)
        self.conv_out = nn.Conv2d(width, config.in_channels, 3, padding=1)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        """`[B, z_channels, h, w]` → `[B, 3, H, W]`."""
        x = self.mid(self.conv_in(latent))
        if hasattr(self, 'refiner'):
            x = self.refiner(x)
        for level in reversed(self.up):
            for block in level.block:
                x = block(x)
            if hasattr(level, 'upsample'):
                x = level.upsample(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class Vae(nn.Module):
    """The whole autoencoder. Images are in −1..1; latents are unscaled (the pipeline applies the latent scale)."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.quant_conv = nn.Conv2d(2 * config.z_channels, 2 * config.z_channels, 1)
        self.post_quant_conv = nn.Conv2d(config.z_channels, config.z_channels, 1)
        if config.norm_groups is not None:
            for module in self.modules():
                if isinstance(module, nn.GroupNorm):
                    module.num_groups = config.norm_groups

    def moments(self, image: torch.Tensor) -> torch.Tensor:
        """`[B, 3, H, W]` → `[B, 2 * z_channels, h, w]`: mean, then log variance. H and W must be multiples of the
        downscale."""
        return self.quant_conv(self.encoder(image))

    def encode(self, image: torch.Tensor) -> torch.Tensor:
        """`[B, 3, H, W]` → the mean of the latent `[B, z_channels, h, w]`."""
        return self.moments(image)[:, : self.config.z_channels]

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """`[B, z_channels, h, w]` → `[B, 3, H, W]`, about −1..1 but not clamped."""
        return self.decoder(self.post_quant_conv(latent))
