"""The T5 v1.1 text encoder."""

from __future__ import annotations

import torch
from torch import nn

from .config import TextEncoderConfig
from .relative_bias import relative_buckets
from .rms_norm import RMSNorm
from .t5_block import T5Block


class _Stack(nn.Module):
    def __init__(self, config: TextEncoderConfig) -> None:
        super().__init__()
        self.block = nn.ModuleList(T5Block(config, holds_bias=index == 0) for index in range(config.layers))
        self.final_layer_norm = RMSNorm(config.width)


class TextEncoder(nn.Module):
    """Token ids → one vector a token. Parameters bear Hugging Face's names (`shared`, `encoder.block.N.…`)."""

    def __init__(self, config: TextEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.shared = nn.Embedding(config.vocab, config.width)
        self.encoder = _Stack(config)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """ids `[B, L]` and mask `[B, L]` (1 = token, 0 = padding) → `[B, L, Y]`; rows of padding mean nothing."""
        x = self.shared(input_ids)
        buckets = relative_buckets(input_ids.shape[1], self.config.buckets, self.config.max_distance, x.device)
        table = self.encoder.block[0].layer[0].SelfAttention.relative_attention_bias
        bias = table(buckets).permute(2, 0, 1)[None]
        hidden_keys = (1 - attention_mask[:, None, None, :].to(bias.dtype)) * -1e9
        bias = bias + hidden_keys
        for block in self.encoder.block:
            x = block(x, bias)
        return self.encoder.final_layer_norm(x)
