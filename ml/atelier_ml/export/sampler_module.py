"""The denoiser as CUDA should run it: few kernels, few bytes across the bus, several steps in one run."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from ..model.dit import DiT
from ..model.rope import rope_tables, rotate
from .sampler_ops import fast_gelu, head_attention, skip_norm

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
        """norms `[K, 5·depth + 2, D]`, gates `[K, 2·depth, D]`, cos and sin, embedded `[B, N, D]`, then keys and values
        of each layer's cross-attention."""
        dit, depth = self.dit, self.dit.config.depth
        time = dit.t_embedder(timesteps)
        rows = dit.t_block(time).unflatten(-1, (1, 6, -1)) + self.tables
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = rows.unbind(2)
        final = time[:, None] + self.final
        norms = torch.stack((scale_a, shift_a, scale_m, shift_m, gate_m * self.mlp_bias), dim=2).flatten(1, 2)
        norms = torch.cat((norms, final[:, 1:], final[:, :1]), dim=1)
        gates = torch.stack((gate_a, gate_m), dim=2).flatten(1, 2)
        cos, sin = rope_tables(positions, dit.config.head_dim)
        embedded = dit.x_embedder(patches) + indicator_embedding.index_select(1, positions[:, 0])
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
        """latent `[1, T, C·p²]` → what the network says of it, `[B, T, C·p²]`. norms `[5·depth + 2, D]` and gates
        `[2·depth, D]` of this step."""
        tokens, target = embedded.shape[1], latent.shape[1]
        rows = [row.squeeze(0) for row in norms.split(1)]
        gate = [row.squeeze(0) for row in gates.split(1)]
        x = embedded + F.pad(F.linear(latent, self.embed), (0, 0, 0, tokens - target))
        normed = F.layer_norm(x, x.shape[-1:], rows[0], rows[1], eps=1e-6)
        last = len(self.blocks) - 1
        for layer, block in enumerate(self.blocks):
            own = rows[5 * layer + 2 : 5 * layer + 5]
            following = rows[5 * layer + 5 : 5 * layer + 7]
            slots = (frame_slots, token_slot) if layer < last else None
            gated = gate[2 * layer : 2 * layer + 2]
            pair = pairs[2 * layer : 2 * layer + 2]
            x, normed = block(x, normed, cosines, sines, pair, slots, gated, own, following, target)
        return self.out(normed)


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

    def forward(self, x, normed, cos, sin, pair, slots, gates, own, following, target):
        """`x [B, N, D]` and its modulated norm → the same after the block; without `slots` for the target alone."""
        both = self.norm_qk(self.qk(normed).unflatten(-1, (2, -1))).flatten(2)
        q, k = rotate(both, cos, sin, 2 * self.heads).chunk(2, dim=-1)
        v = F.linear(normed, self.v)
        if slots is None:
            q, x = q[:, :target], x[:, :target]
        x = x + gates[0] * self.o(head_attention(q, k, v, self.heads, self.head_scale))
        x, normed = skip_norm(x, self._see_text(x, pair, slots), own[0], own[1], self.cross_bias)
        hidden = F.linear(fast_gelu(F.linear(normed, self.fc1), self.fc1_bias), self.fc2)
        return skip_norm(x, gates[1] * hidden, following[0], following[1], own[2])

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


def _unit(head_dim: int) -> torch.Tensor:
    unit = torch.zeros(head_dim + EXTRA_HEAD_DIMS)
    unit[head_dim] = 1
    return unit


def _linear(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight, layer.bias = nn.Parameter(weight.detach().clone()), nn.Parameter(bias.detach().clone())
    return layer


class Update(nn.Module):
    """The end of a step, all of it float32: guidance with rescale, then the sampler."""

    def forward(
        self,
        latent: torch.Tensor,
        predicted: torch.Tensor,
        output: torch.Tensor,
        coefficients: torch.Tensor,
        guidance: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """latent and predicted picture `[1, T, C·p²]`, the network's output `[B, T, C·p²]` → the next two.

        guidance `[2]`: scale and rescale; with a batch of one it changes nothing. coefficients `[a, b, c, d, e]` of the
        sampler: picture = a·latent + b·output, ahead = picture + c·(picture − predicted), next = d·ahead + e·latent.
        """
        conditional, unconditional = output[:1], output[-1:]
        scale, rescale = guidance.split(1)
        mixed = unconditional + scale * (conditional - unconditional)
        ratio = _squares(conditional) / _squares(mixed).clamp(min=1e-30)
        mixed = mixed * (rescale * ratio.sqrt() + (1 - rescale))
        a, b, c, d, e = coefficients.split(1)
        picture = a * latent + b * mixed
        ahead = picture + c * (picture - predicted)
        return d * ahead + e * latent, picture


def _squares(x: torch.Tensor) -> torch.Tensor:
    centred = x - x.mean()
    return (centred * centred).sum()
