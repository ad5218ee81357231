"""Rotary position embedding over three axes: frame, row, column."""

from __future__ import annotations

import torch

from .fused import fused_ops

THETA = 10000.0


def axis_widths(head_dim: int) -> tuple[int, int, int]:
    """How the dimensions of a head are split among (frame, row, column)."""
    side = 2 * (head_dim // 6)
    return head_dim - 2 * side, side, side


def rope_tables(positions: torch.Tensor, head_dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines `[N, head_dim / 2]` of the rotation of each adjacent pair, for positions `[N, 3]`."""
    angles = []
    for axis, width in enumerate(axis_widths(head_dim)):
        exponents = torch.arange(0, width, 2, dtype=torch.float32, device=positions.device) / max(width, 1)
        angles.append(positions[:, axis : axis + 1].float() * torch.pow(THETA, -exponents))
    stacked = torch.cat(angles, dim=-1)
    return stacked.cos(), stacked.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, heads: int) -> torch.Tensor:
    """Rotates the pairs (2i, 2i+1) of every head of `x [B, N, heads * head_dim]` by the tables' angles."""
    if fused_ops():
        start = torch.zeros(1, dtype=torch.int64)
        return torch.onnx.ops.symbolic(
            'com.microsoft::RotaryEmbedding',
            (x, start, cos, sin),
            attrs={'interleaved': 1},
            dtype=x.dtype,
            shape=x.shape,
            version=1,
        )
    if torch.compiler.is_compiling() and not torch.compiler.is_exporting():
        even, odd = x.float().unflatten(-1, (heads, -1, 2)).unbind(-1)
        cos, sin = cos[:, None], sin[:, None]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-3).to(x.dtype)
    # Complex numbers take one pass over memory instead of eight, but compilers cannot fuse them.
    pairs = torch.view_as_complex(x.float().unflatten(-1, (heads, -1, 2)))
    turned = pairs * torch.complex(cos, sin)[:, None]
    return torch.view_as_real(turned).flatten(-3).to(x.dtype)
