"""Exports a training run as a model folder."""

from __future__ import annotations

import json
from pathlib import Path

from ..export.export_folder import export_folder
from ..export.manifest import SCHEDULER
from ..export.precision import Precision
from ..export.read_folder import read_dit
from ..model import DiT, DiTConfig, TextEncoder, TextEncoderConfig, Vae, VaeConfig
from .checkpoint import load_trained
from .config import CONFIG_FOLDER


def export_run(
    run: Path, out: Path, precision: Precision = 'fp16-storage', between: Path | None = None
) -> dict[str, float]:
    """Exports a run's latest EMA weights; returns each graph's error against PyTorch.

    `between`: a model folder; the exported denoiser is then the mean of its weights and the run's. It should be the
    folder that the run started from (`--from`), because only weights from one training trajectory can be averaged.

    The manifest's `name`, `title`, `description`, `examples`, `vocabulary`, `limits` and `defaults` come from
    `configs/<config>.manifest.json`; the run's facts become `training`. Training uses v-prediction, and the manifest
    says so.
    Raises FileNotFoundError if a part of the run or that file is missing, ReadFolderError if the sizes of `between`
    differ.
    """
    trained = load_trained(run)
    config = trained.config
    dit = DiT(DiTConfig.from_dict(config['dit']))
    dit.load_state_dict(trained.dit)
    if between:
        _average(dit, between)
    vae = Vae(VaeConfig.from_dict(config['vae']))
    vae.load_state_dict(trained.vae)
    # The vocabulary size is the tokenizer's, so it is not in the config.
    vocab = trained.text_encoder['shared.weight'].shape[0]
    text_encoder = TextEncoder(TextEncoderConfig.from_dict({**config['text'], 'vocab': vocab}))
    text_encoder.load_state_dict(trained.text_encoder)
    words = json.loads((CONFIG_FOLDER / f'{config["name"]}.manifest.json').read_text(encoding='utf8'))
    side = config['side']
    fields = {
        **words,
        'latentScale': trained.latent_scale,
        'defaults': {'width': side, 'height': side, **words.get('defaults', {})},
        'scheduler': {**SCHEDULER, 'prediction': 'v'},
        'training': trained.facts,
    }
    return export_folder(out, dit, vae, text_encoder, trained.tokenizer, fields, precision, trained.pictures)


def _average(dit: DiT, folder: Path) -> None:
    other = DiT(dit.config)
    read_dit(folder, other)
    theirs = other.state_dict()
    dit.load_state_dict({name: (weights + theirs[name]) / 2 for name, weights in dit.state_dict().items()})
