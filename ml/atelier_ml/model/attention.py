"""Multi-head attention without projections, the single place that decides how attention is computed."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .fused import fused_ops


def attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, heads: int, lengths: torch.Tensor | None = None
) -> torch.Tensor:
    """Attends from `q [B, S, D]` to `k`, `v` `[B, L, D]`, scaled by 1/sqrt(D / heads); returns `[B, S, D]`.

    `lengths [B]` int32, each at least 1: how many leading keys of each row are valid; None: all.
    Exported as one fused operator that never materialises the score matrix.
    """
    if fused_ops():
        return torch.onnx.ops.symbolic(
            'com.microsoft::MultiHeadAttention',
            (q, k, v, None, lengths),
            attrs={'num_heads': heads},
            dtype=q.dtype,
            shape=q.shape,
            version=1,
        )
    mask = None
    if lengths is not None:
        mask = torch.arange(k.shape[1], device=k.device)[None, :] < lengths[:, None]
        mask = mask[:, None, None, :]
    split = [x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (q, k, v)]
    return F.scaled_dot_product_attention(*split, attn_mask=mask).transpose(1, 2).flatten(2)
