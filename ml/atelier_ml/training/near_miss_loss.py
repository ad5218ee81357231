"""A margin loss against near misses of the target image."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

_MARGIN = 0.7
"""Position between a near miss (−1) and the target (1) below which the loss is positive."""
_LEAST = 0.002
"""Near misses whose mean difference from the target (range −1..1) is smaller are ignored."""


def near_miss_loss(seen: Tensor, pictures: Tensor, misses: Tensor) -> Tensor:
    """Penalises images `[B, 3, H, W]` that are not clearly nearer to the target than to each near miss
    `[B, n, 3, H, W]`.

    An image's position is measured in units of the L1 distance between target and miss, from 1 (the target) to −1 (the
    miss); below the margin the loss is linear. Only pixels in which the two differ count, and small things count as
    much as big ones: a missing tip is a small part of an image's L1 and a large part of this loss.
    """
    apart = (misses - pictures[:, None]).abs().mean((2, 3, 4))
    own = (seen - pictures).abs().mean((1, 2, 3))
    nearer = ((seen[:, None] - misses).abs().mean((2, 3, 4)) - own[:, None]) / apart.clamp(min=_LEAST)
    return (F.relu(_MARGIN - nearer) * (apart > _LEAST)).mean()
