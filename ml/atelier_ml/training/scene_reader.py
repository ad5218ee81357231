"""The small network that the text encoder learns with before the denoiser: scenes as fields instead of pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .scene_fields import PLACES, SLOTS, SPECIAL

IMAGES = 2
"""How many pictures of a conversation it sees: the current unit's first, and one more."""


class _Block(nn.Module):
    """Every place looks at the others, then at the words."""

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


class SceneReader(nn.Module):
    """The fields of a conversation's pictures and the instruction's text → the fields of what is asked for.

    It sees of the words what the denoiser sees, by cross-attention, so what it needs from the text encoder (which
    colour belongs to which thing, and which thing to which place) is what the denoiser needs.
    """

    def __init__(self, classes: int, width: int, heads: int = 4, depth: int = 2) -> None:
        super().__init__()
        self.classes = classes
        # Spots and the places after them number different things: each kind has its own part of the table.
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


def reading_loss(logits: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """Cross-entropy over all fields; those that change weigh more, for most of a scene stays as it is.

    before, after `[B, PLACES * SLOTS]`: the current picture and what is asked for.
    """
    wanted = after.unflatten(1, (PLACES, SLOTS))
    weight = 1.0 + 4.0 * (after != before).float().view_as(wanted)
    losses = F.cross_entropy(logits.float().flatten(0, 2), wanted.flatten(), reduction='none').view_as(weight)
    return (losses * weight).sum() / weight.sum()


def read_right(logits: Tensor, after: Tensor) -> Tensor:
    """`[B]`: whether every field of the scene is right."""
    return (logits.argmax(-1).flatten(1) == after).all(1)
