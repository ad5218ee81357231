"""Projections of patches, time steps and text into the transformer's width."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

TIME_SINUSOIDS = 256
TIME_MAX_PERIOD = 10000.0


class PatchEmbedder(nn.Module):
    """A linear projection of patches, with the name and shape of the convolution in the checkpoints."""

    def __init__(self, channels: int, width: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch, stride=patch)

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        """`[B, N, channels * patch²]` in the order (channel, row, column) → `[B, N, D]`."""
        return F.linear(patches, self.proj.weight.flatten(1), self.proj.bias)


class TimestepEmbedder(nn.Module):
    """Time step → sinusoids (cosines first) → two linear layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(TIME_SINUSOIDS, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, timestep: torch.Tensor) -> torch.Tensor:
        """`[B]`, 0 to 999, fractions allowed → `[B, D]`."""
        half = TIME_SINUSOIDS // 2
        steps = torch.arange(half, dtype=torch.float32, device=timestep.device)
        angles = timestep.float()[:, None] * torch.exp(-math.log(TIME_MAX_PERIOD) * steps / half)
        return self.mlp(torch.cat((angles.cos(), angles.sin()), dim=-1))


class Mlp(nn.Module):
    """Two linear layers with a tanh-approximated GELU: the text embedder and the feed-forward of a block."""

    def __init__(self, width_in: int, hidden: int, width_out: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width_in, hidden)
        self.fc2 = nn.Linear(hidden, width_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[..., width_in]` → `[..., width_out]`."""
        return self.fc2(_gelu(self.fc1(x)))


def _gelu(x: torch.Tensor) -> torch.Tensor:
    """GELU, tanh approximation. Compiled code uses the equivalent sigmoid form, which is faster on CPUs.

    Exported graphs keep the single operator, for which ONNX Runtime has a kernel.
    """
    if torch.compiler.is_exporting() or not torch.compiler.is_compiling():
        return F.gelu(x, approximate='tanh')
    return x * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))
