"""The files of a run's folder, and how they are read.

`vae.pt` (from `train-vae`); `text_encoder.pt` and `tokenizer.json` (from `train-text`); `checkpoint.pt` (from `train`,
saved every few minutes); `decoder.pt` (from `train-decoder`, optional); `last_step.pt` (from `train-last-step`,
optional); `pool.pt`, `drawings.pt` and `states.pt` (the training data of `train`, `train-decoder` and
`train-last-step`, cached for `--resume`); `*_losses.csv`, `sheets/*.png`, `check.json`.
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
_OLDER_KEYS = {TEXT_FILE: {'reader': 'scene_predictor'}, CHECKPOINT_FILE: {'reader': 'auxiliary_heads'}}
"""File → keys that earlier versions wrote, and what they are called now."""
_MAKERS = {
    VAE_FILE: 'train-vae',
    TEXT_FILE: 'train-text',
    CHECKPOINT_FILE: 'train',
    DECODER_FILE: 'train-decoder',
    LAST_STEP_FILE: 'train-last-step',
}


@dataclass(frozen=True)
class TrainedModel:
    """Everything an export needs.

    `config`: the config file as JSON (`vae`, `dit`, `text` are the keyword arguments of the config classes). `dit`,
    `text_encoder`: EMA weights in float32, as state dicts. `vae`: its state dict, with the decoder of `train-decoder`
    if the run has one; `dit` and the decoder come from `train-last-step` if it was run. `latent_scale`: the factor that
    gives latents unit variance. `latents`: a scaled sample `[n, C, h, w]` with the `pictures` `[n, 3, H, W]` (−1..1)
    they belong to, for fitting the preview. `facts`: seed, steps, minutes …
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
    """Reads one of a run's `.pt` files. Raises FileNotFoundError, naming the command that makes it, if it is
    missing."""
    if not (run / file).exists():
        raise FileNotFoundError(f'{run} has no {file}; make it with: python -m atelier_ml {_MAKERS[file]} --run {run}')
    return _with_current_keys(torch.load(run / file, map_location='cpu', weights_only=True), file)


def _with_current_keys(state: dict[str, Any], file: str) -> dict[str, Any]:
    """Renames the keys of files saved by earlier versions, at the top and in the weights by module."""
    names = _OLDER_KEYS.get(file, {})
    renamed = {names.get(key, key): value for key, value in state.items()}
    for part in {'live', 'ema'} & renamed.keys():
        renamed[part] = {names.get(key, key): value for key, value in renamed[part].items()}
    return renamed


def load_trained(run: Path, last_step: bool = True) -> TrainedModel:
    """Reads a run's latest weights; `last_step=False`: those that `train-last-step` starts from.

    Raises FileNotFoundError if a part has not been trained yet."""
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
    """The weights of submodules under their names in the whole module's state dict."""
    return {f'{part}.{name}': value for part, weights in parts.items() for name, value in weights.items()}
