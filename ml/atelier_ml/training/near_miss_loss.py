"""What it costs to look like a near miss of the picture that is wanted."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

_MARGIN = 0.7
"""1 is the true picture itself."""
_LEAST = 0.002
"""A miss that differs less from the truth (of the range −1..1, on average) cannot be told from it."""


def near_miss_loss(seen: Tensor, pictures: Tensor, misses: Tensor) -> Tensor:
    """Asks that pictures `[B, 3, H, W]` are clearly nearer to the truth than to each of its near misses
    `[B, n, 3, H, W]`.

    Of the L1 between truth and miss, a picture lies from 1 (the truth) to −1 (the miss); under the margin each step
    costs the same. Only where truth and miss differ does a pixel count, and for a small thing as much as for a big
    one: a lost tip is little of a picture's L1 and much of this.
    """
    apart = (misses - pictures[:, None]).abs().mean((2, 3, 4))
    own = (seen - pictures).abs().mean((1, 2, 3))
    nearer = ((seen[:, None] - misses).abs().mean((2, 3, 4)) - own[:, None]) / apart.clamp(min=_LEAST)
    return (F.relu(_MARGIN - nearer) * (apart > _LEAST)).mean()
