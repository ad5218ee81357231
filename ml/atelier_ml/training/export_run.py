"""A training run as a model folder."""

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
    """Exports a run's newest EMA weights; returns each graph's error against PyTorch.

    `between`: a model folder; the denoiser then is the mean of the run's and of that folder's. It should be the folder
    that the run began from (`--from`), because only weights of one path of training can be averaged.

    What the manifest says about the model (`name`, `title`, `description`, `examples`, `vocabulary`, `limits`,
    `defaults`) is in `configs/<config>.manifest.json`; the run's own facts become `training`. Training teaches
    velocity, so the manifest says that the denoiser predicts it.
    Raises FileNotFoundError if a part of the run or that file is missing, ReadFolderError if `between` has other sizes.
    """
    trained = load_trained(run)
    config = trained.config
    dit = DiT(DiTConfig.from_dict(config['dit']))
    dit.load_state_dict(trained.dit)
    if between:
        _average(dit, between)
    vae = Vae(VaeConfig.from_dict(config['vae']))
    vae.load_state_dict(trained.vae)
    # The vocabulary's size is the tokenizer's, so the config leaves it out.
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
