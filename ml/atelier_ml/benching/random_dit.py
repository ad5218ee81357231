"""A denoiser with seeded random weights, so that graphs and PyTorch can use the same ones."""

from __future__ import annotations

import torch

from ..model.config import DiTConfig
from ..model.dit import DiT

_SEED = 0


def random_dit(config: DiTConfig) -> DiT:
    """The same network every time. Layers that a DiT initialises to zero (text, output) get random weights too."""
    torch.manual_seed(_SEED)
    dit = DiT(config)
    for layer in (dit.final_layer.linear, *(block.cross_attn.o for block in dit.blocks)):
        torch.nn.init.xavier_uniform_(layer.weight)
    return dit.eval()
