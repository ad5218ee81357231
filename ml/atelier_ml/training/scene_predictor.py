"""The small network that the text encoder is trained with: it predicts scenes as fields instead of images."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .scene_fields import PLACES, SLOTS, SPECIAL

IMAGES = 2
"""Number of images of a conversation that it sees: the current unit's first, and one more."""


class _Block(nn.Module):
    """Self-attention over places, then cross-attention to the words."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.places = nn.MultiheadAttention(width, heads, batch_first=True)
        self.words = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, text: Tensor, padding: Tensor) -> Tensor:
        y = self.norms[0](x)
        x = x + self.places(y, y, y, need_weights=False)[0]
        x = x + self.words(self.norms[1](x), text, text, key_padding_mask=padding, need_weights=False)[0]
        return x + self.mlp(self.norms[2](x))


class ScenePredictor(nn.Module):
    """The fields of a conversation's images and the encoded instruction → the fields of the target scene.

    Like the denoiser it sees the words through cross-attention only, so it needs the same things from the text encoder:
    which colour belongs to which thing, and which thing to which place.
    """

    def __init__(self, classes: int, width: int, heads: int = 4, depth: int = 2) -> None:
        super().__init__()
        self.classes = classes
        # Fields mean different things at spots and at the places after them, so each has its own part of the table.
        self.values = nn.Embedding((1 + SPECIAL) * SLOTS * classes, width)
        self.places = nn.Parameter(torch.randn(IMAGES * PLACES, width))
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(depth))
        self.out = nn.Linear(width, SLOTS * classes)
        part = (torch.arange(PLACES) - (PLACES - SPECIAL) + 1).clamp(min=0)[:, None]
        self.register_buffer('offsets', (torch.arange(SLOTS) + SLOTS * part) * classes, persistent=False)

    def forward(self, fields: Tensor, text: Tensor, padding: Tensor) -> Tensor:
        """fields `[B, IMAGES, PLACES * SLOTS]`, text `[B, L, Y]`, padding `[B, L]` (true = padding) → logits
        `[B, PLACES, SLOTS, classes]`."""
        index = fields.unflatten(2, (PLACES, SLOTS)) + self.offsets
        x = self.values(index).sum(3).flatten(1, 2) + self.places
        for block in self.blocks:
            x = block(x, text, padding)
        return self.out(x[:, :PLACES]).unflatten(-1, (SLOTS, self.classes))


def field_loss(logits: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """Cross-entropy over all fields; fields that change have a higher weight, since most of a scene stays the same.

    before, after `[B, PLACES * SLOTS]`: the current scene and the target.
    """
    wanted = after.unflatten(1, (PLACES, SLOTS))
    weight = 1.0 + 4.0 * (after != before).float().view_as(wanted)
    losses = F.cross_entropy(logits.float().flatten(0, 2), wanted.flatten(), reduction='none').view_as(weight)
    return (losses * weight).sum() / weight.sum()


def all_fields_right(logits: Tensor, after: Tensor) -> Tensor:
    """`[B]`: whether every field of the scene is correct."""
    return (logits.argmax(-1).flatten(1) == after).all(1)
