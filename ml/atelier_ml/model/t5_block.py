"""One layer of the T5 v1.1 encoder, with Hugging Face's parameter names."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from .config import TextEncoderConfig
from .rms_norm import RMSNorm


class T5Attention(nn.Module):
    """Attention without scaling and biases; the first layer has the relative position bias for all layers."""

    def __init__(self, config: TextEncoderConfig, holds_bias: bool) -> None:
        super().__init__()
        inner = config.heads * config.head_dim
        self.heads = config.heads
        self.q = nn.Linear(config.width, inner, bias=False)
        self.k = nn.Linear(config.width, inner, bias=False)
        self.v = nn.Linear(config.width, inner, bias=False)
        self.o = nn.Linear(inner, config.width, bias=False)
        if holds_bias:
            self.relative_attention_bias = nn.Embedding(config.buckets, config.heads)
            nn.init.normal_(self.relative_attention_bias.weight, std=config.width**-0.5)
        nn.init.normal_(self.q.weight, std=(config.width * config.head_dim) ** -0.5)
        nn.init.normal_(self.k.weight, std=config.width**-0.5)
        nn.init.normal_(self.v.weight, std=config.width**-0.5)
        nn.init.normal_(self.o.weight, std=inner**-0.5)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """`x [B, L, Y]`, additive `bias [B, heads, L, L]` → `[B, L, Y]`."""
        q, k, v = (layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype), scale=1.0)
        return self.o(seen.transpose(1, 2).flatten(2))


class T5SelfAttentionLayer(nn.Module):
    """Norm, attention, residual connection."""

    def __init__(self, config: TextEncoderConfig, holds_bias: bool) -> None:
        super().__init__()
        self.SelfAttention = T5Attention(config, holds_bias)
        self.layer_norm = RMSNorm(config.width)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """As `T5Attention.forward`."""
        return x + self.SelfAttention(self.layer_norm(x), bias)


class T5GatedFeedForward(nn.Module):
    """A linear layer gated by a tanh-approximated GELU."""

    def __init__(self, config: TextEncoderConfig) -> None:
        super().__init__()
        self.wi_0 = nn.Linear(config.width, config.ff, bias=False)
        self.wi_1 = nn.Linear(config.width, config.ff, bias=False)
        self.wo = nn.Linear(config.ff, config.width, bias=False)
        nn.init.normal_(self.wi_0.weight, std=config.width**-0.5)
        nn.init.normal_(self.wi_1.weight, std=config.width**-0.5)
        nn.init.normal_(self.wo.weight, std=config.ff**-0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[B, L, Y]` → `[B, L, Y]`."""
        return self.wo(F.gelu(self.wi_0(x), approximate='tanh') * self.wi_1(x))


class T5FeedForwardLayer(nn.Module):
    """Norm, gated feed-forward, residual connection."""

    def __init__(self, config: TextEncoderConfig) -> None:
        super().__init__()
        self.DenseReluDense = T5GatedFeedForward(config)
        self.layer_norm = RMSNorm(config.width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[B, L, Y]` → `[B, L, Y]`."""
        return x + self.DenseReluDense(self.layer_norm(x))


class T5Block(nn.Module):
    """Attention layer, then feed-forward layer."""

    def __init__(self, config: TextEncoderConfig, holds_bias: bool) -> None:
        super().__init__()
        self.layer = nn.ModuleList((T5SelfAttentionLayer(config, holds_bias), T5FeedForwardLayer(config)))

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """As `T5Attention.forward`."""
        return self.layer[1](self.layer[0](x, bias))

    def bias_table(self) -> nn.Embedding:
        """The relative position bias `[buckets, heads]`, which only the first block of an encoder has."""
        return self.layer[0].SelfAttention.relative_attention_bias
