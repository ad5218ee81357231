"""The read-out of the target frame."""

from __future__ import annotations

import torch
from torch import nn

from .block import modulate


class FinalLayer(nn.Module):
    """Modulated norm and a linear map from a token to its patch of outputs."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, outputs)
        self.scale_shift_table = nn.Parameter(torch.randn(2, width) / width**0.5)

    def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """`x [B, T, D]`, the time step's embedding `time [B, D]` → `[B, T, outputs]`."""
        shift, scale = (self.scale_shift_table + time[:, None]).to(x.dtype).chunk(2, dim=1)
        return self.linear(modulate(x, shift, scale))
