"""The indicator table of a model folder."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer

from ..model.text_encoder import TextEncoder

INDICATORS = ['{image}', *(f'{{image{number}}}' for number in range(1, 10))]


@torch.no_grad()
def indicator_table(encoder: TextEncoder, tokenizer: Tokenizer, eos_id: int) -> torch.Tensor:
    """The first token's output for each of the ten indicator strings, each encoded by itself: `[10, Y]` float32."""
    rows = []
    for text in INDICATORS:
        ids = torch.tensor([[*tokenizer.encode(text, add_special_tokens=False).ids, eos_id]])
        rows.append(encoder(ids, torch.ones_like(ids))[0, 0])
    return torch.stack(rows).float()
