"""Runs the text encoder in PyTorch with one layer in memory at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from ..model import TextEncoderConfig
from ..model.rms_norm import RMSNorm
from ..model.t5_block import T5Block
from ..model.text_encoder import attention_bias
from .fit import without_weights


@torch.no_grad()
def run_layerwise(
    config: TextEncoderConfig,
    read: Callable[[str], torch.Tensor],
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    done: Callable[[], object],
) -> torch.Tensor:
    """As `TextEncoder.forward`, in float32. `read` returns a weight by name; `done` is called after each layer."""
    x = F.embedding(input_ids, read('shared.weight')).float()
    bias = None
    for index in range(config.layers):
        block = without_weights(lambda first=index == 0: T5Block(config, holds_bias=first))
        _fill(block, f'encoder.block.{index}.', read)
        if bias is None:
            bias = attention_bias(block.bias_table(), attention_mask, config)
        x = block(x, bias)
        done()
    norm = without_weights(lambda: RMSNorm(config.width))
    _fill(norm, 'encoder.final_layer_norm.', read)
    return norm(x)


def _fill(module: nn.Module, prefix: str, read: Callable[[str], torch.Tensor]) -> None:
    module.load_state_dict({name: read(prefix + name).float() for name in module.state_dict()}, assign=True)
