"""Inputs and outputs of each graph of a model folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.export import Dim

from ..model.dit import DiT
from ..model.layout import FrameLayout
from ..model.text_encoder import TextEncoder
from ..model.vae import Vae
from .graph_modules import Conditioner, Denoiser, VaeDecoder, VaeEncoder
from .sampler_module import TextProjector

# Every axis has a different size: the tracer could mistake axes of equal size for one another.
_FRAMES = [(2, 3), (4, 5), (3, 3)]
_BATCH, _TEXT, _HISTORY = 2, 7, 11


@dataclass(frozen=True)
class GraphSpec:
    """A module to trace, with example inputs, its dynamic axes, and the names of its outputs.

    half_io: inputs and outputs that are float16 where the graph computes in float16.
    """

    file: str
    module: nn.Module
    inputs: dict[str, torch.Tensor]
    axes: dict[str, dict[int, Any]]
    outputs: list[str]
    half_io: frozenset[str] = frozenset()


def dit_specs(dit: DiT) -> list[GraphSpec]:
    """The conditioner and the denoiser."""
    config, layout = dit.config, FrameLayout.of(_FRAMES)
    frames, tokens = len(_FRAMES), len(layout.positions)
    b, f, n, m, length, h = (Dim(name) for name in ('batch', 'frames', 'tokens', 'slots', 'length', 'history'))
    text = torch.randn(_BATCH, frames, _TEXT, config.text_width)
    indicators = torch.randn(_BATCH, frames, config.text_width)
    with torch.no_grad():
        keys, values, embedded = dit.condition(text, indicators)
    conditioner = GraphSpec(
        'conditioner.onnx',
        Conditioner(dit),
        {'text': text, 'indicators': indicators},
        {'text': {0: b, 1: f, 2: length}, 'indicators': {0: b, 1: f}},
        ['keys', 'values', 'indicator_embedding'],
    )
    denoiser = GraphSpec(
        'denoiser.onnx',
        Denoiser(dit),
        {
            'patches': torch.randn(_BATCH, tokens, config.patch_width),
            'positions': layout.positions,
            'timestep': torch.tensor([999.0, 321.0]),
            'keys': keys,
            'values': values,
            'text_lengths': torch.tensor([[7, 3, 1], [1, 3, 5]], dtype=torch.int32),
            'indicator_embedding': embedded,
            'frame_slots': layout.frame_slots,
            'token_slot': layout.token_slot,
            'target_tokens': torch.tensor([layout.target_tokens]),
            'history': torch.randn(2 * config.depth, _BATCH, _HISTORY, config.width),
            'keep_from': torch.tensor([layout.target_tokens + 5]),
        },
        {
            'patches': {0: b, 1: n},
            'positions': {0: n},
            'timestep': {0: b},
            'keys': {1: b, 2: f, 3: length},
            'values': {1: b, 2: f, 3: length},
            'text_lengths': {0: b, 1: f},
            'indicator_embedding': {0: b, 1: f},
            'frame_slots': {0: f, 1: m},
            'token_slot': {0: n},
            'target_tokens': {},
            'history': {1: b, 2: h},
            'keep_from': {},
        },
        ['eps', 'kept'],
    )
    return [conditioner, denoiser]


def text_projector_spec(dit: DiT) -> GraphSpec:
    """The conditioner of the CUDA graphs."""
    b, f, length = (Dim(name) for name in ('batch', 'frames', 'length'))
    width = dit.config.text_width
    return GraphSpec(
        'text_projector.onnx',
        TextProjector(dit),
        {'hidden': torch.randn(_BATCH, 3, _TEXT, width), 'indicators': torch.randn(_BATCH, 3, width)},
        {'hidden': {0: b, 1: f, 2: length}, 'indicators': {0: b, 1: f}},
        ['text', 'indicator_embedding'],
        frozenset({'text'}),
    )


def text_encoder_spec(encoder: TextEncoder) -> GraphSpec:
    """The text encoder."""
    axes = {0: Dim('batch'), 1: Dim('length')}
    ids = torch.randint(0, encoder.config.vocab, (3, _TEXT))
    mask = torch.ones_like(ids)
    mask[1, 3:] = 0
    mask[2, 1:] = 0
    return GraphSpec(
        'text_encoder.onnx',
        encoder,
        {'input_ids': ids, 'attention_mask': mask},
        {'input_ids': axes, 'attention_mask': axes},
        ['hidden'],
    )


def vae_specs(vae: Vae) -> list[GraphSpec]:
    """The VAE's encoder and decoder."""
    config = vae.config
    b, h, w = Dim('batch'), Dim('latent_height'), Dim('latent_width')
    down = config.downscale
    return [
        GraphSpec(
            'vae_encoder.onnx',
            VaeEncoder(vae),
            {'image': torch.rand(2, config.in_channels, 4 * down, 6 * down) * 2 - 1},
            {'image': {0: b, 2: down * h, 3: down * w}},
            ['mean'],
        ),
        GraphSpec(
            'vae_decoder.onnx',
            VaeDecoder(vae),
            {'latent': torch.randn(2, config.z_channels, 4, 6)},
            {'latent': {0: b, 2: h, 3: w}},
            ['image'],
        ),
    ]
