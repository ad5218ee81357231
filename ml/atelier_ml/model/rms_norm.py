"""Root-mean-square normalisation."""

from __future__ import annotations

import torch
from torch import nn

from .fused import fused_ops


class RMSNorm(nn.Module):
    """Divides by the root mean square of the last dimension, without subtracting the mean, and applies a learned
    weight.

    Statistics are computed in float32; the result has the type of the input.
    """

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[..., width]` → `[..., width]`."""
        if fused_ops():
            # ONNX Runtime's own operator, which has no domain: RMSNormalization was standardised in a later opset.
            return torch.onnx.ops.symbolic(
                'SimplifiedLayerNormalization',
                (x, self.weight),
                attrs={'axis': -1, 'epsilon': self.eps, 'stash_type': 1},
                dtype=x.dtype,
                shape=x.shape,
                version=1,
            )
        wide = x.float()
        scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)
        return (wide * scale * self.weight.float()).to(x.dtype)
