"""The best that a model folder could do: what its autoencoder leaves of true pictures."""

from __future__ import annotations

import json
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor


def through_vae(model: Path, pictures: Tensor) -> Tensor:
    """Pictures `[n, 3, h, w]` (−1..1) encoded and decoded by the folder's ONNX graphs."""
    graphs = json.loads((model / 'manifest.json').read_text(encoding='utf8'))['graphs']
    encoder, decoder = (
        onnxruntime.InferenceSession(model / graphs[name], providers=['CPUExecutionProvider'])
        for name in ('vaeEncoder', 'vaeDecoder')
    )
    latents = encoder.run(['mean'], {'image': pictures.numpy()})[0]
    return torch.from_numpy(decoder.run(['image'], {'latent': latents})[0]).clamp(-1, 1)
