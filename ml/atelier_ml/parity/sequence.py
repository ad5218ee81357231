"""Frames of a golden item as the denoiser's inputs."""

from __future__ import annotations

import torch

from ..model.layout import FrameLayout
from ..model.patches import patchify
from .golden_dit import GoldenItem


def layout_of(item: GoldenItem, patch: int) -> FrameLayout:
    """The layout of the item's frames."""
    return FrameLayout.of([(latent.shape[1] // patch, latent.shape[2] // patch) for latent in item.latents])


def patches_of(item: GoldenItem, target: torch.Tensor, patch: int) -> torch.Tensor:
    """Patches `[1, N, P]` of all frames, with `target [1, C, h, w]` in the place of the item's own."""
    latents = [target[0], *item.latents[1:]]
    frames = [torch.cat((latent, mask))[None] for latent, mask in zip(latents, item.masks, strict=True)]
    return torch.cat([patchify(frame, patch) for frame in frames], dim=1)


def padded_texts(segments: list[list[torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Text segments of `B` passes by `F` frames → zero-padded `[B, F, L, Y]` and lengths `[B, F]` int32."""
    lengths = torch.tensor([[len(text) for text in row] for row in segments], dtype=torch.int32)
    longest = int(lengths.max())
    rows = [
        torch.stack([torch.nn.functional.pad(text, (0, 0, 0, longest - len(text))) for text in row]) for row in segments
    ]
    return torch.stack(rows), lengths
