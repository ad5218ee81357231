"""Masks at latent resolution, as the denoiser sees them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def latent_masks(masks: Tensor, downscale: int) -> Tensor:
    """Masks `[n, h, w]` (0 or 1) at latent size `[n, 1, h/downscale, w/downscale]`, as `packages/ace` makes them.

    Takes the mask pixel under each latent pixel's centre; if that would leave nothing, every latent pixel that contains
    a masked pixel. An empty mask means the whole image.
    """
    marks = masks.float()[:, None]
    picked = marks[..., downscale // 2 :: downscale, downscale // 2 :: downscale]
    held = F.max_pool2d(marks, downscale)
    picked = torch.where(picked.amax((1, 2, 3), keepdim=True) > 0, picked, held)
    return torch.where(picked.amax((1, 2, 3), keepdim=True) > 0, picked, torch.ones_like(picked))
