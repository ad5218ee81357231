"""ONNX Runtime's fused operators of the sampler graph, and the same in PyTorch."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..model.fused import fused_ops

EPS = 1e-6
"""Of the norms."""


def head_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, heads: int, scale: float) -> torch.Tensor:
    """Unmasked attention from `q [B, S, H]` to `k`, `v` `[B, L, H]`, with an explicit scale."""
    if fused_ops():
        return torch.onnx.ops.symbolic(
            'com.microsoft::MultiHeadAttention',
            (q, k, v),
            attrs={'num_heads': heads, 'scale': scale},
            dtype=q.dtype,
            shape=q.shape,
            version=1,
        )
    split = [x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (q, k, v)]
    return F.scaled_dot_product_attention(*split, scale=scale).transpose(1, 2).flatten(2)


def skip_norm(
    x: torch.Tensor, skip: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor, bias: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """`x + skip + bias`, and its layer norm with `scale` and `shift`; all vectors are `[D]`."""
    if fused_ops():
        normed, _, _, total = torch.onnx.ops.symbolic_multi_out(
            'com.microsoft::SkipLayerNormalization',
            (x, skip, scale, shift, bias),
            attrs={'epsilon': EPS},
            dtypes=(x.dtype, torch.float32, torch.float32, x.dtype),
            shapes=(x.shape, x.shape[:-1], x.shape[:-1], x.shape),
            version=1,
        )
        return total, normed
    total = x + skip + bias
    return total, F.layer_norm(total, total.shape[-1:], scale, shift, eps=EPS)


def fast_gelu(x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """GELU of `x + bias`, tanh approximation."""
    if fused_ops():
        return torch.onnx.ops.symbolic('com.microsoft::FastGelu', (x, bias), dtype=x.dtype, shape=x.shape, version=1)
    return F.gelu(x + bias, approximate='tanh')
