"""Block quantisation to 8 or 4 bits with a scale per 32 weights, the format of ONNX Runtime's `MatMulNBits`."""

from __future__ import annotations

import torch
import torch.nn.functional as F

BLOCK = 32
"""Number of weights that share a scale, along the input axis."""


def quantise(weight: torch.Tensor, bits: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`[N, K]` → packed uint8 `[N, ⌈K/32⌉, 32·bits/8]` and float32 scales `[N, ⌈K/32⌉]`; bits 4 or 8.

    A weight is (stored − 2^(bits−1)) · scale. The weight of largest magnitude in each block is stored as 0, the lowest
    value: integers reach one further down than up, so this uses the whole range and needs no zero point.
    """
    half = 2 ** (bits - 1)
    blocks = F.pad(weight.float(), (0, -weight.shape[1] % BLOCK)).unflatten(1, (-1, BLOCK))
    high, low = blocks.amax(-1), blocks.amin(-1)
    scales = torch.where(high > -low, high, low) / -half
    steps = torch.where(scales == 0, 0, 1 / scales)
    stored = (blocks * steps[..., None]).round_().add_(half).clamp_(0, 2 * half - 1).to(torch.uint8)
    if bits == 4:
        stored = stored[..., 0::2] | (stored[..., 1::2] << 4)
    return stored, scales


def dequantise(stored: torch.Tensor, scales: torch.Tensor, bits: int, columns: int) -> torch.Tensor:
    """The float32 weights `[N, columns]` of a quantised matrix."""
    if bits == 4:
        stored = torch.stack((stored & 15, stored >> 4), dim=-1).flatten(-2)
    return ((stored.float() - 2 ** (bits - 1)) * scales[..., None]).flatten(1)[:, :columns]
