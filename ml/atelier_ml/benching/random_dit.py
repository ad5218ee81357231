"""A denoiser of given sizes with weights that a seed decides, so that graphs and PyTorch can have the same."""

from __future__ import annotations

import torch

from ..model.config import DiTConfig
from ..model.dit import DiT

_SEED = 0


def random_dit(config: DiTConfig) -> DiT:
    """The same network each time. Layers that a new DiT leaves silent (text, output) get weights as well."""
    torch.manual_seed(_SEED)
    dit = DiT(config)
    for layer in (dit.final_layer.linear, *(block.cross_attn.o for block in dit.blocks)):
        torch.nn.init.xavier_uniform_(layer.weight)
    return dit.eval()
