"""One transformer block."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from .cross_attention import CrossAttention
from .embedders import Mlp
from .self_attention import SelfAttention


def modulate(x: torch.Tensor, shift: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Layer norm (eps 1e-6, no weights of its own) of `x [B, N, D]`, then scale and shift `[B, 1, D]`."""
    return F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + scale) + shift


class Block(nn.Module):
    """Self-attention, cross-attention (no norm, no gate) and feed-forward, modulated by the time step."""

    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.attn = SelfAttention(width, heads)
        self.cross_attn = CrossAttention(width, heads)
        self.mlp = Mlp(width, int(width * mlp_ratio), width)
        self.scale_shift_table = nn.Parameter(torch.randn(6, width) / width**0.5)

    def forward(self, x: torch.Tensor, time: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, *text) -> torch.Tensor:
        """`x [B, N, D]`, `time [B, 6, D]` from the shared time projection, `text` as in `CrossAttention.forward`."""
        table = (self.scale_shift_table + time).to(x.dtype)
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = table.chunk(6, dim=1)
        x = x + gate_a * self.attn(modulate(x, shift_a, scale_a), cos, sin)
        x = x + self.cross_attn(x, *text)
        return x + gate_m * self.mlp(modulate(x, shift_m, scale_m))
