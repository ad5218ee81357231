"""Infers the sizes of a network from the shapes of its tensors (under current names)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch

from ..model import DiTConfig, TextEncoderConfig, VaeConfig
from .checkpoint_error import CheckpointError

Shapes = Mapping[str, torch.Tensor]


def infer_dit(where: object, shapes: Shapes, heads: int, latent_channels: int) -> DiTConfig:
    """A DiT's sizes. The number of heads cannot be inferred from shapes.

    Raises CheckpointError if a required tensor is missing, or if the width is not divisible by the heads.
    """
    width, _, patch, _ = _shape(where, shapes, 'x_embedder.proj.weight', 4)
    _, text_width = _shape(where, shapes, 'y_embedder.fc1.weight', 2)
    hidden, _ = _shape(where, shapes, _first(shapes, r'blocks\.\d+\.mlp\.fc1\.weight', 'blocks.0.mlp.fc1.weight'), 2)
    outputs, _ = _shape(where, shapes, 'final_layer.linear.weight', 2)
    depth = _count(shapes, r'blocks\.(\d+)\.')
    try:
        return DiTConfig(
            in_channels=latent_channels,
            width=width,
            depth=depth,
            heads=heads,
            patch=patch,
            mlp_ratio=hidden / width,
            text_width=text_width,
            pred_sigma=outputs == 2 * patch * patch * latent_channels,
        )
    except ValueError as error:
        raise CheckpointError(f'{where}: {error}; say with --heads how many heads this model has') from error


def infer_vae(where: object, shapes: Shapes) -> VaeConfig:
    """An autoencoder's sizes. Raises CheckpointError if a required tensor is missing."""
    ch, channels, _, _ = _shape(where, shapes, 'encoder.conv_in.weight', 4)
    moments = _shape(where, shapes, 'quant_conv.weight', 4)[0]
    levels = _count(shapes, r'encoder\.down\.(\d+)\.')
    widths = [_shape(where, shapes, f'encoder.down.{level}.block.0.conv1.weight', 4)[0] for level in range(levels)]
    return VaeConfig(
        ch=ch,
        mult=tuple(width // ch for width in widths),
        res_blocks=_count(shapes, r'encoder\.down\.0\.block\.(\d+)\.'),
        z_channels=moments // 2,
        in_channels=channels,
    )


def infer_text_encoder(where: object, shapes: Shapes, max_distance: int) -> TextEncoderConfig:
    """A T5 encoder's sizes. Raises CheckpointError if a required tensor is missing."""
    vocab, width = _shape(where, shapes, 'shared.weight', 2)
    first = 'encoder.block.0.layer'
    buckets, heads = _shape(where, shapes, f'{first}.0.SelfAttention.relative_attention_bias.weight', 2)
    inner, _ = _shape(where, shapes, f'{first}.0.SelfAttention.q.weight', 2)
    ff, _ = _shape(where, shapes, f'{first}.1.DenseReluDense.wi_0.weight', 2)
    return TextEncoderConfig(
        vocab=vocab,
        width=width,
        layers=_count(shapes, r'encoder\.block\.(\d+)\.'),
        heads=heads,
        head_dim=inner // heads,
        ff=ff,
        buckets=buckets,
        max_distance=max_distance,
    )


def _shape(where: object, shapes: Shapes, name: str, axes: int) -> list[int]:
    if name not in shapes:
        raise CheckpointError(f'{where}: {name} is missing: the file is incomplete, or of another network')
    shape = list(shapes[name].shape)
    if len(shape) != axes:
        raise CheckpointError(f'{where}: {name} has shape {shape}, must have {axes} axes')
    return shape


def _first(shapes: Shapes, pattern: str, otherwise: str) -> str:
    return next((name for name in shapes if re.fullmatch(pattern, name)), otherwise)


def _count(shapes: Shapes, pattern: str) -> int:
    return 1 + max((int(found[1]) for name in shapes if (found := re.match(pattern, name))), default=-1)
