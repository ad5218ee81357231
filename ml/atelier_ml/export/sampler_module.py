"""The denoiser as CUDA should run it: few kernels, few bytes across the bus, several steps in one run."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from ..model.dit import DiT
from ..model.rope import rope_tables, rotate
from .sampler_ops import EPS, fast_gelu, head_attention, skip_norm

EXTRA_HEAD_DIMS = 8
"""Dimensions added to each head of a cross-attention. The first one masks the padding of the texts: it is 1 in every
query, and 0 or `MASKED` in a key. So the attention needs no mask, which ORT's flash attention does not take. Eight,
because its kernels want multiples of eight; its kernel for 72 is the one for 80 (both are rounded up to 96)."""

MASKED = -60000.0
"""The key's masking dimension at padding: fits in float16, and leaves the softmax nothing at any real score."""


class TextProjector(nn.Module):
    """The part of a DiT that runs once per generation: texts in the width of the transformer."""

    def __init__(self, dit: DiT) -> None:
        super().__init__()
        self.y_embedder = dit.y_embedder

    def forward(self, hidden: torch.Tensor, indicators: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """hidden `[B, F, L, Y]`, indicators `[B, F, Y]` → text `[B, F, L, D]` with its indicator, and the projected
        indicators `[B, F, D]`."""
        embedded = self.y_embedder(indicators)
        return self.y_embedder(hidden) + embedded[:, :, None], embedded


class Preparation(nn.Module):
    """What is the same at each step of a run, or depends on the steps' times alone."""

    def __init__(self, dit: DiT) -> None:
        super().__init__()
        self.dit = dit
        tables = torch.stack([block.scale_shift_table.detach() for block in dit.blocks])
        # A norm's scale is 1 + what the network says.
        tables[:, [1, 4]] += 1
        self.register_buffer('tables', tables)
        final = dit.final_layer.scale_shift_table.detach().clone()
        final[1] += 1
        self.register_buffer('final', final)
        self.register_buffer('mlp_bias', torch.stack([block.mlp.fc2.bias.detach() for block in dit.blocks]))
        self.register_buffer('mask_dim', _unit(dit.config.head_dim))

    def forward(
        self,
        patches: torch.Tensor,
        positions: torch.Tensor,
        text: torch.Tensor,
        text_lengths: torch.Tensor,
        indicator_embedding: torch.Tensor,
        timesteps: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """norms `[K, 5·depth + 2, D]`, gates `[K, 2·depth, D]`, cos and sin, embedded `[passes, G, N, D]`, then keys
        and values of each layer's cross-attention.

        patches `[G, N, P]` of each generation; text and indicators have B = passes · G rows: the conditional pass of
        each generation, then the unconditional one of each, if there is guidance.
        """
        dit, depth = self.dit, self.dit.config.depth
        time = dit.t_embedder(timesteps)
        rows = dit.t_block(time).unflatten(-1, (1, 6, -1)) + self.tables
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = rows.unbind(2)
        final = time[:, None] + self.final
        norms = torch.stack((scale_a, shift_a, scale_m, shift_m, gate_m * self.mlp_bias), dim=2).flatten(1, 2)
        norms = torch.cat((norms, final[:, 1:], final[:, :1]), dim=1)
        gates = torch.stack((gate_a, gate_m), dim=2).flatten(1, 2)
        cos, sin = rope_tables(positions, dit.config.head_dim)
        indicators = indicator_embedding.index_select(1, positions[:, 0])
        embedded = dit.x_embedder(patches) + _by_pass(indicators, patches)
        mask = torch.arange(text.shape[2], device=text.device) >= text_lengths[..., None]
        masking = (mask.to(text.dtype) * MASKED)[..., None, None] * self.mask_dim
        pairs: list[torch.Tensor] = []
        for layer, block in enumerate(dit.blocks):
            # Behind the last layer only the target is read.
            seen, hidden = (text, masking) if layer < depth - 1 else (text[:, :1], masking[:, :1])
            attention = block.cross_attn
            key = _padded(attention.norm_q(attention.k(seen)), attention.heads, 0.0) + hidden
            value = _padded(F.linear(seen, attention.v.weight), attention.heads, 0.0)
            pairs += [key.flatten(0, 1).flatten(2), value.flatten(0, 1).flatten(2)]
        return norms, gates, cos, sin, embedded, *pairs


class Network(nn.Module):
    """The network's passes of one step.

    Weights are those of the DiT, rearranged: queries and keys of self-attention in one product; the biases of values
    inside those of the outputs (a softmax's weights add up to 1); the last layer without the variance nobody reads.
    """

    def __init__(self, dit: DiT) -> None:
        super().__init__()
        self.dit = dit
        config = dit.config
        self.latent_width = config.in_channels * config.patch**2
        weight = dit.x_embedder.proj.weight.detach().flatten(1)
        self.embed = nn.Parameter(weight[:, : self.latent_width].clone())
        self.blocks = nn.ModuleList(_Block(block) for block in dit.blocks)
        # Rows (pixel, channel) → (channel, pixel), as the patches of the input.
        order = torch.arange(dit.final_layer.linear.out_features).unflatten(0, (config.patch**2, -1))
        order = order[:, : config.in_channels].T.flatten()
        self.out = _linear(dit.final_layer.linear.weight[order], dit.final_layer.linear.bias[order])

    def forward(
        self,
        latent: torch.Tensor,
        norms: torch.Tensor,
        gates: torch.Tensor,
        frame_slots: torch.Tensor,
        token_slot: torch.Tensor,
        cosines: torch.Tensor,
        sines: torch.Tensor,
        embedded: torch.Tensor,
        *pairs: torch.Tensor,
    ) -> torch.Tensor:
        """latent `[G, T, C·p²]` → what the network says of it, `[passes, G, T, C·p²]`. norms `[5·depth + 2, D]` and
        gates `[2·depth, D]` of this step."""
        slots = (frame_slots, token_slot)
        made = self._blocks(latent, norms, gates, slots, cosines, sines, self._all_frames(latent, embedded), pairs)
        return _by_pass(self.out(made.normed), latent)

    def _all_frames(self, latent, embedded):
        return embedded + F.pad(F.linear(latent, self.embed), (0, 0, 0, embedded.shape[2] - latent.shape[1]))

    def _blocks(self, latent, norms, gates, slots, cosines, sines, x, pairs, kept=None) -> _Blocks:
        """x `[passes, G, N, D]`; kept: keys and values of each block for tokens that are not in x, which then has those
        of the target alone, and no slots."""
        target, x = latent.shape[1], x.flatten(0, 1)
        rows = [row.squeeze(0) for row in norms.split(1)]
        gate = [row.squeeze(0) for row in gates.split(1)]
        start, first = x, x
        normed = F.layer_norm(x, x.shape[-1:], rows[0], rows[1], eps=EPS)
        seen: list[torch.Tensor] = []
        for layer, block in enumerate(self.blocks):
            own = rows[5 * layer + 2 : 5 * layer + 5]
            following = rows[5 * layer + 5 : 5 * layer + 7]
            place = slice(2 * layer, 2 * layer + 2)
            # Behind the last block only the target is read.
            cut = target if kept is None and layer == len(self.blocks) - 1 else None
            around = (slots if cut is None else None, cut, None if kept is None else kept[place])
            x, normed, *made = block(x, normed, cosines, sines, pairs[place], gate[place], own, following, *around)
            seen += made
            if layer == 0:
                first = x
        if kept is None:
            start, first = start[:, :target], first[:, :target]
        return _Blocks(start, first, x, normed, rows[-2:], seen)


class KeepingNetwork(Network):
    """A step of all frames that gives what later ones can use of it."""

    def forward(self, latent, norms, gates, frame_slots, token_slot, cosines, sines, embedded, *pairs):
        """As `Network.forward`; then what the first block and what the others have added to the target's tokens, each
        `[passes, G, T, D]`; then what self-attention sees of the condition frames, for each block keys and values
        `[B, N − T, D]`."""
        x, slots = self._all_frames(latent, embedded), (frame_slots, token_slot)
        made = self._blocks(latent, norms, gates, slots, cosines, sines, x, pairs)
        output, first, others = (_by_pass(each, latent) for each in (self.out(made.normed), *made.added()))
        return output, first, others, *(each[:, latent.shape[1] :] for each in made.seen)


class TargetNetwork(Network):
    """A step of the target alone, which sees of the condition frames what an earlier step has kept.

    Step caching: generations in which the first block adds nearly what it added at the last step that was computed take
    what the other blocks added then.
    """

    def forward(
        self, latent, norms, gates, cosines, sines, embedded, first_added, others_added, threshold, *pairs_and_kept
    ):
        """The output, as `Network.forward`; then `first_added` and `others_added` for the step after it, and whether
        all generations have taken the latter from before.

        first_added, others_added: as `KeepingNetwork` or the step before gives them. threshold `[1]`: largest change of
        what the first block adds, mean absolute difference by mean absolute value; 0: everything is computed. Behind
        the pairs comes what `KeepingNetwork` gives.
        """
        target, rows = latent.shape[1], embedded.shape[0] * embedded.shape[1]
        pairs, kept = pairs_and_kept[: 2 * len(self.blocks)], pairs_and_kept[2 * len(self.blocks) :]
        # Those of the last block have the target's text alone.
        own = [pair.unflatten(0, (rows, -1)).select(1, 0) for pair in pairs[:-2]]
        x = embedded[:, :, :target] + F.linear(latent, self.embed)
        tables = (cosines[:target], sines[:target])
        made = self._blocks(latent, norms, gates, None, *tables, x, [*own, *pairs[-2:]], kept)
        first, others = (_by_pass(each, latent) for each in made.added())
        beyond = _size(first - first_added) - threshold * _size(first_added)
        # Not `beyond >= 0`: what is not a number must be computed.
        taken, all_taken = beyond < 0, beyond.amax((0, 1, 2, 3)) < 0
        others = torch.where(taken, others_added, others)
        x = _by_pass(made.first, latent) + others
        normed = F.layer_norm(x, x.shape[-1:], *made.norm, eps=EPS)
        return self.out(normed), torch.where(taken, first_added, first), others, all_taken


class _Blocks(NamedTuple):
    """What the blocks make of a step, `[B, T, D]` of the target's tokens each."""

    start: torch.Tensor
    first: torch.Tensor
    """After the first block."""
    end: torch.Tensor
    normed: torch.Tensor
    """The modulated norm of the end."""
    norm: list[torch.Tensor]
    """Its scale and shift `[D]`."""
    seen: list[torch.Tensor]
    """What self-attention sees of all tokens in each block: keys, then values."""

    def added(self) -> tuple[torch.Tensor, torch.Tensor]:
        """What the first block has added, and what the others have."""
        return self.first - self.start, self.end - self.first


class _Block(nn.Module):
    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        attn, cross = block.attn, block.cross_attn
        self.heads = attn.heads
        self.qk = _linear(torch.cat((attn.q.weight, attn.k.weight)), torch.cat((attn.q.bias, attn.k.bias)))
        self.v = nn.Parameter(attn.v.weight.detach())
        self.norm_qk = attn.norm_q
        self.o = _linear(attn.o.weight, attn.o.bias + attn.o.weight @ attn.v.bias)
        self.cross_q, self.cross_norm = cross.q, cross.norm_q
        head_dim = cross.o.weight.shape[1] // cross.heads
        padded = F.pad(cross.o.weight.unflatten(1, (cross.heads, head_dim)), (0, EXTRA_HEAD_DIMS)).flatten(1)
        self.cross_o = nn.Parameter(padded.detach())
        self.cross_bias = nn.Parameter((cross.o.bias + cross.o.weight @ cross.v.bias).detach())
        self.head_scale = head_dim**-0.5
        self.fc1, self.fc1_bias = block.mlp.fc1.weight, block.mlp.fc1.bias
        self.fc2 = block.mlp.fc2.weight

    def forward(self, x, normed, cos, sin, pair, gates, own, following, slots, target, kept):
        """`x [B, N, D]` and its modulated norm → the same after the block, then the keys and values of self-attention.

        slots: None if x has the target alone, or is cut to it (`target`: how many tokens); kept: keys and values of
        further tokens.
        """
        both = self.norm_qk(self.qk(normed).unflatten(-1, (2, -1))).flatten(2)
        q, k = rotate(both, cos, sin, 2 * self.heads).chunk(2, dim=-1)
        v = F.linear(normed, self.v)
        if target is not None:
            q, x = q[:, :target], x[:, :target]
        keys, values = (k, v) if kept is None else (torch.cat((k, kept[0]), 1), torch.cat((v, kept[1]), 1))
        x = x + gates[0] * self.o(head_attention(q, keys, values, self.heads, self.head_scale))
        x, normed = skip_norm(x, self._see_text(x, pair, slots), own[0], own[1], self.cross_bias)
        hidden = F.linear(fast_gelu(F.linear(normed, self.fc1), self.fc1_bias), self.fc2)
        return *skip_norm(x, gates[1] * hidden, following[0], following[1], own[2]), k, v

    def _see_text(self, x, pair, slots):
        q = self.cross_norm(self.cross_q(x))
        if slots is not None:
            q = q.index_select(1, slots[0].flatten()).unflatten(1, slots[0].shape).flatten(0, 1)
        q = _padded(q, self.heads, 1.0).flatten(2)
        seen = head_attention(q, *pair, self.heads, self.head_scale)
        if slots is not None:
            seen = seen.unflatten(0, (x.shape[0], -1)).flatten(1, 2).index_select(1, slots[1])
        return F.linear(seen, self.cross_o)


def _padded(x: torch.Tensor, heads: int, value: float) -> torch.Tensor:
    """`[..., D]` → `[..., heads, D / heads + EXTRA_HEAD_DIMS]`."""
    return F.pad(x.unflatten(-1, (heads, -1)), (0, EXTRA_HEAD_DIMS), value=value)


def _by_pass(rows: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
    """Rows `[passes · G, …]` → `[passes, G, …]`, with as many generations as `of` has."""
    return rows.view(-1, of.shape[0], *rows.shape[1:])


def _size(x: torch.Tensor) -> torch.Tensor:
    """Mean absolute value of each generation, `[passes, G, T, D]` → `[1, G, 1, 1]`."""
    return x.abs().mean((0, 2, 3), keepdim=True)


def _unit(head_dim: int) -> torch.Tensor:
    unit = torch.zeros(head_dim + EXTRA_HEAD_DIMS)
    unit[head_dim] = 1
    return unit


def _linear(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight, layer.bias = nn.Parameter(weight.detach().clone()), nn.Parameter(bias.detach().clone())
    return layer
