"""The transformer block: self-attention over all frames, cross-attention to each frame's text, feed-forward."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from .attention import attention
from .embedders import Mlp
from .rms_norm import RMSNorm
from .rope import rotate


class SelfAttention(nn.Module):
    """Attention between all tokens of all frames. `norm_q` also normalises the keys, as in the published models."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        self.o = nn.Linear(width, width)
        self.norm_q = RMSNorm(width)

    def forward(
        self,
        x: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        target_tokens: int | None = None,
        history: tuple[torch.Tensor, torch.Tensor] | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """`x [B, N, D]`, rotation tables `[N, D / heads / 2]` → `[B, N, D]`, and x's rotated keys and its values.

        target_tokens: for how many of the first tokens alone; history: keys and values `[B, H, D]` of further tokens.
        """
        k = rotate(self.norm_q(self.k(x)), cos, sin, self.heads)
        v = self.v(x)
        if target_tokens is not None:
            x, cos, sin = x[:, :target_tokens], cos[:target_tokens], sin[:target_tokens]
        q = rotate(self.norm_q(self.q(x)), cos, sin, self.heads)
        seen = (k, v) if history is None else (torch.cat((k, history[0]), 1), torch.cat((v, history[1]), 1))
        return self.o(attention(q, *seen, self.heads)), k, v


class CrossAttention(nn.Module):
    """Cross-attention of each frame to its text. Keys and values are constant over a generation; see `project_text`."""

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

        `frame_slots [F, M]` and `token_slot [N]` as in `FrameLayout`; None: every frame has N / F tokens.
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


def modulate(x: torch.Tensor, shift: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Layer norm (eps 1e-6, no learned weights) of `x [B, N, D]`, then scale and shift `[B, 1, D]`."""
    return F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + scale) + shift


class Block(nn.Module):
    """Self-attention, cross-attention (no norm, no gate) and feed-forward, modulated by the time step."""

    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.attn = SelfAttention(width, heads)
        self.cross_attn = CrossAttention(width, heads)
        self.mlp = Mlp(width, int(width * mlp_ratio), width)
        self.scale_shift_table = nn.Parameter(torch.randn(6, width) / width**0.5)

    def forward(
        self,
        x: torch.Tensor,
        time: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        *text: torch.Tensor | None,
        target_tokens: int | None = None,
        history: tuple[torch.Tensor, torch.Tensor] | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """`x [B, N, D]` → `[B, N, D]`, and the keys and values of self-attention, as `SelfAttention.forward`.

        `time [B, 6, D]` from the shared time projection; `text` as in `CrossAttention.forward`, of the target alone if
        there is `target_tokens`.
        """
        table = (self.scale_shift_table + time).to(x.dtype)
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = table.chunk(6, dim=1)
        seen, k, v = self.attn(modulate(x, shift_a, scale_a), cos, sin, target_tokens, history)
        x = (x if target_tokens is None else x[:, :target_tokens]) + gate_a * seen
        x = x + self.cross_attn(x, *text)
        return x + gate_m * self.mlp(modulate(x, shift_m, scale_m)), k, v
