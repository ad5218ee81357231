"""The T5 v1.1 text encoder."""

from __future__ import annotations

import math

import torch
from torch import nn

from .config import TextEncoderConfig
from .rms_norm import RMSNorm
from .t5_block import T5Block


class _Stack(nn.Module):
    def __init__(self, config: TextEncoderConfig) -> None:
        super().__init__()
        self.block = nn.ModuleList(T5Block(config, holds_bias=index == 0) for index in range(config.layers))
        self.final_layer_norm = RMSNorm(config.width)


class TextEncoder(nn.Module):
    """Token ids → one vector per token. Parameter names are Hugging Face's (`shared`, `encoder.block.N.…`)."""

    def __init__(self, config: TextEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.shared = nn.Embedding(config.vocab, config.width)
        self.encoder = _Stack(config)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """ids `[B, L]` and mask `[B, L]` (1 = token, 0 = padding) → `[B, L, Y]`; rows of padding are meaningless."""
        x = self.shared(input_ids)
        bias = attention_bias(self.encoder.block[0].bias_table(), attention_mask, self.config)
        for block in self.encoder.block:
            x = block(x, bias)
        return self.encoder.final_layer_norm(x)


def attention_bias(table: nn.Embedding, attention_mask: torch.Tensor, config: TextEncoderConfig) -> torch.Tensor:
    """The bias added to every layer's attention scores, `[B, heads, L, L]`: relative positions, −1e9 for padding keys.

    table: the first layer's `[buckets, heads]`; attention_mask `[B, L]` as in `TextEncoder.forward`.
    """
    buckets = relative_buckets(attention_mask.shape[1], config.buckets, config.max_distance, attention_mask.device)
    bias = table(buckets).permute(2, 0, 1)[None]
    return bias + (1 - attention_mask[:, None, None, :].to(bias.dtype)) * -1e9


def relative_buckets(length: int, buckets: int, max_distance: int, device: torch.device) -> torch.Tensor:
    """Bucket `[length, length]` int64 of each (query, key) distance, for both directions.

    Half of the buckets are for keys after the query. In each half, the first half covers single steps; the rest grow
    logarithmically up to `max_distance`.
    """
    places = torch.arange(length, device=device)
    distance = places[None, :] - places[:, None]
    half = buckets // 2
    single = half // 2
    far = distance.abs()
    growth = torch.log(far.clamp(min=1).float() / single) / math.log(max_distance / single)
    logarithmic = (single + (growth * (half - single)).long()).clamp(max=half - 1)
    return (distance > 0).long() * half + torch.where(far < single, far, logarithmic)
