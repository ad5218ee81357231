"""Self-attention over the whole visual sequence."""

from __future__ import annotations

import torch
from torch import nn

from .attention import attention
from .rms_norm import RMSNorm
from .rope import rotate


class SelfAttention(nn.Module):
    """Every token of every frame sees every other; `norm_q` normalises the keys too, as the published models do."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        self.o = nn.Linear(width, width)
        self.norm_q = RMSNorm(width)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """`x [B, N, D]`, rotation tables `[N, D / heads / 2]` → `[B, N, D]`."""
        q = rotate(self.norm_q(self.q(x)), cos, sin, self.heads)
        k = rotate(self.norm_q(self.k(x)), cos, sin, self.heads)
        return self.o(attention(q, k, self.v(x), self.heads))
