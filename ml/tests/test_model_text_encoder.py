"""The text encoder: padding, positions and T5's arithmetic."""

import math

import torch

from atelier_ml.model import TextEncoder, TextEncoderConfig
from atelier_ml.model.text_encoder import relative_buckets


def tiny(layers: int = 2) -> TextEncoder:
    return TextEncoder(TextEncoderConfig(vocab=30, width=16, layers=layers, heads=2, head_dim=6, ff=24)).eval()


@torch.no_grad()
def test_padding_changes_nothing() -> None:
    encoder = tiny()
    ids = torch.randint(3, 30, (1, 5))
    alone = encoder(ids, torch.ones_like(ids))
    padded = torch.cat((ids, torch.tensor([[9, 9, 9]])), dim=1)
    mask = torch.tensor([[1] * 5 + [0] * 3])
    assert torch.allclose(encoder(padded, mask)[:, :5], alone, atol=1e-5)


def test_buckets_are_t5s() -> None:
    buckets = relative_buckets(400, 32, 128, torch.device('cpu'))
    # From the query at 200: itself, single steps back and forth, the last single step, and far ends of both halves.
    near = [buckets[200, 200 + step].item() for step in (0, -1, 1, -7, 7, -8, 8, -200, 199)]
    assert near == [0, 1, 17, 7, 23, 8, 24, 15, 31]
    for distance in (9, 15, 16, 40, 90, 127, 128):
        expected = 8 + int(math.log(distance / 8) / math.log(16) * 8 + 1e-6)
        assert buckets[200, 200 - distance].item() == min(expected, 15)


@torch.no_grad()
def test_one_layer_by_hand() -> None:
    encoder = tiny(layers=1)
    ids = torch.tensor([[4, 7, 11]])
    block = encoder.encoder.block[0].layer

    def norm(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return x / (x**2).mean(-1, keepdim=True).add(1e-6).sqrt() * weight

    x = encoder.shared.weight[ids[0]]
    attention, forward = block[0].SelfAttention, block[1].DenseReluDense
    h = norm(x, block[0].layer_norm.weight)
    heads = []
    for head in range(2):
        rows = slice(6 * head, 6 * head + 6)
        q, k, v = (h @ layer.weight[rows].T for layer in (attention.q, attention.k, attention.v))
        bias = attention.relative_attention_bias.weight[relative_buckets(3, 32, 128, x.device), head]
        heads.append((q @ k.T + bias).softmax(-1) @ v)
    x = x + torch.cat(heads, dim=-1) @ attention.o.weight.T
    h = norm(x, block[1].layer_norm.weight)
    gate = torch.nn.functional.gelu(h @ forward.wi_0.weight.T, approximate='tanh')
    x = x + (gate * (h @ forward.wi_1.weight.T)) @ forward.wo.weight.T
    expected = norm(x, encoder.encoder.final_layer_norm.weight)
    assert torch.allclose(encoder(ids, torch.ones_like(ids))[0], expected, atol=1e-5)
