"""What a run's folder holds, and how the exporter reads it.

A run folder: `vae.pt` (from `train-vae`), `text_encoder.pt` and `tokenizer.json` (from `train-text`), `checkpoint.pt`
(from `train`; refreshed every few minutes), `decoder.pt` (from `train-decoder`, not in every run), `pool.pt` and
`drawings.pt` (what `train` and `train-decoder` learn from, kept for `--resume`), `last_step.pt` and `states.pt` (from
`train-last-step`, the same two of it; not in every run), `*_losses.csv`, `sheets/*.png`, `check.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

VAE_FILE = 'vae.pt'
DECODER_FILE = 'decoder.pt'
LAST_STEP_FILE = 'last_step.pt'
STATES_FILE = 'states.pt'
TEXT_FILE = 'text_encoder.pt'
CHECKPOINT_FILE = 'checkpoint.pt'
TOKENIZER_FILE = 'tokenizer.json'
_MAKERS = {
    VAE_FILE: 'train-vae',
    TEXT_FILE: 'train-text',
    CHECKPOINT_FILE: 'train',
    DECODER_FILE: 'train-decoder',
    LAST_STEP_FILE: 'train-last-step',
}


@dataclass(frozen=True)
class TrainedModel:
    """Everything that an export needs.

    `config`: the whole config file as JSON (`vae`, `dit`, `text` are the keyword arguments of the config classes).
    `dit`, `text_encoder`: EMA weights in float32, named as the modules' state dicts. `vae`: its state dict, with the
    decoder of `train-decoder` if there is one; `dit` and the decoder are those of `train-last-step` if there are some.
    `latent_scale`: factor that gives latents unit variance. `latents`: scaled sample `[n, C, h, w]` with the
    `pictures` `[n, 3, H, W]` (−1..1) they belong to, for the preview's least squares. `facts`: seed, steps, minutes …
    """

    config: dict[str, Any]
    vae: dict[str, Tensor]
    dit: dict[str, Tensor]
    text_encoder: dict[str, Tensor]
    tokenizer: Path
    latent_scale: float
    latents: Tensor
    pictures: Tensor
    facts: dict[str, Any]


def load_part(run: Path, file: str) -> dict[str, Any]:
    """Reads one of a run's `.pt` files. Raises FileNotFoundError with the command that makes it when there is none."""
    if not (run / file).exists():
        raise FileNotFoundError(f'{run} has no {file}; make it with: python -m atelier_ml {_MAKERS[file]} --run {run}')
    return torch.load(run / file, map_location='cpu', weights_only=True)


def load_trained(run: Path, last_step: bool = True) -> TrainedModel:
    """Reads a run's newest state; without `last_step`, what `train-last-step` begins with. Raises FileNotFoundError
    when a part has not been trained yet."""
    vae, state = load_part(run, VAE_FILE), load_part(run, CHECKPOINT_FILE)
    decoder, dit = _part_weights(run, DECODER_FILE), state['ema']['dit']
    if last_step and (parts := _part_weights(run, LAST_STEP_FILE)):
        dit = parts.pop('dit')
        decoder = parts
    return TrainedModel(
        config=state['config'],
        vae={**vae['weights'], **_named(decoder)},
        dit=dit,
        text_encoder=state['ema']['text_encoder'],
        tokenizer=run / TOKENIZER_FILE,
        latent_scale=vae['latent_scale'],
        latents=vae['latents'].float(),
        pictures=vae['pictures'].float() / 127.5 - 1,
        facts=state['facts'],
    )


def _part_weights(run: Path, file: str) -> dict[str, dict[str, Tensor]]:
    return load_part(run, file)['weights'] if (run / file).exists() else {}


def _named(parts: dict[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """Weights of parts as the whole's state dict names them."""
    return {f'{part}.{name}': value for part, weights in parts.items() for name, value in weights.items()}
