"""Images as bytes, which take a quarter of the memory."""

from __future__ import annotations

import torch
from torch import Tensor


def to_bytes(pictures: Tensor) -> Tensor:
    """−1..1 → uint8."""
    return ((pictures + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8)


def to_floats(pictures: Tensor) -> Tensor:
    """uint8 → −1..1."""
    return pictures.float() / 127.5 - 1
