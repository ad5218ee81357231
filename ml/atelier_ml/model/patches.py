"""Conversion between latents and patches."""

from __future__ import annotations

import torch


def patchify(latent: torch.Tensor, patch: int = 2) -> torch.Tensor:
    """`[B, C, h, w]` → `[B, h * w / patch², C * patch²]`, each patch in the order (channel, row, column)."""
    tiles = latent.unfold(2, patch, patch).unfold(3, patch, patch)
    return tiles.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def unpatchify(patches: torch.Tensor, rows: int, columns: int, patch: int = 2) -> torch.Tensor:
    """`[B, rows * columns, patch² * C]`, each patch in the order (row, column, channel) → `[B, C, h, w]`."""
    tiles = patches.unflatten(2, (patch, patch, -1)).unflatten(1, (rows, columns))
    return tiles.permute(0, 5, 1, 3, 2, 4).flatten(4).flatten(2, 3)


def channels_last(patches: torch.Tensor, patch: int = 2) -> torch.Tensor:
    """Reorders patches `[…, C * patch²]` from the network's input order (channel, row, column) to its output order
    (row, column, channel)."""
    return patches.unflatten(-1, (-1, patch**2)).transpose(-1, -2).flatten(-2)
