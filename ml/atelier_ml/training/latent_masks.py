"""Masks as the denoiser sees them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def latent_masks(masks: Tensor, downscale: int) -> Tensor:
    """Marks `[n, h, w]` (0 or 1) at latent size `[n, 1, h/downscale, w/downscale]`, as `packages/ace` makes them.

    The mark under each new pixel's centre; where all would vanish, each new pixel that holds one. No mark at all means
    the whole picture.
    """
    marks = masks.float()[:, None]
    picked = marks[..., downscale // 2 :: downscale, downscale // 2 :: downscale]
    held = F.max_pool2d(marks, downscale)
    picked = torch.where(picked.amax((1, 2, 3), keepdim=True) > 0, picked, held)
    return torch.where(picked.amax((1, 2, 3), keepdim=True) > 0, picked, torch.ones_like(picked))
