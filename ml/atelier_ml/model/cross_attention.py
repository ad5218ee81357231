"""Cross-attention of each frame to its own text segment."""

from __future__ import annotations

import torch
from torch import nn

from .attention import attention
from .rms_norm import RMSNorm


class CrossAttention(nn.Module):
    """Keys and values come from the text and do not change over a generation; `project_text` makes them once."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        self.o = nn.Linear(width, width)
        self.norm_q = RMSNorm(width)

    def project_text(self, text: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys (normalised) and values `[B, F, L, D]` of embedded text `[B, F, L, D]`."""
        return self.norm_q(self.k(text)), self.v(text)

    def forward(
        self,
        x: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        text_lengths: torch.Tensor,
        frame_slots: torch.Tensor | None,
        token_slot: torch.Tensor | None,
    ) -> torch.Tensor:
        """`x [B, N, D]`, keys and values `[B, F, L, D]`, lengths `[B, F]` → `[B, N, D]`.

        `frame_slots [F, M]` and `token_slot [N]` as in `FrameLayout`; None: all frames have N / F tokens.
        """
        batch, frames = keys.shape[0], keys.shape[1]
        q = self.norm_q(self.q(x))
        if frame_slots is None:
            by_frame = q.unflatten(1, (frames, -1))
        else:
            by_frame = q.index_select(1, frame_slots.flatten()).unflatten(1, frame_slots.shape)
        seen = attention(
            by_frame.flatten(0, 1), keys.flatten(0, 1), values.flatten(0, 1), self.heads, text_lengths.flatten()
        )
        flat = seen.unflatten(0, (batch, frames)).flatten(1, 2)
        return self.o(flat if token_slot is None else flat.index_select(1, token_slot))
