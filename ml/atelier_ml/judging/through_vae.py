"""The best that a model folder could do: what its autoencoder leaves of true pictures."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor


def through_vae(model: Path, pictures: Tensor) -> Tensor:
    """Pictures `[n, 3, h, w]` (−1..1) encoded and decoded by the folder's ONNX graphs, on one thread."""
    encoder, decoder = _sessions(model)
    latents = encoder.run(['mean'], {'image': pictures.numpy()})[0]
    return torch.from_numpy(decoder.run(['image'], {'latent': latents})[0]).clamp(-1, 1)


@cache
def _sessions(model: Path) -> tuple[onnxruntime.InferenceSession, ...]:
    graphs = json.loads((model / 'manifest.json').read_text(encoding='utf8'))['graphs']
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return tuple(
        onnxruntime.InferenceSession(model / graphs[name], options, providers=['CPUExecutionProvider'])
        for name in ('vaeEncoder', 'vaeDecoder')
    )
