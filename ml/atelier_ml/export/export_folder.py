"""Writes model folders: everything the pipeline needs to run a model, or the two graphs of a DiT alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from ..model.dit import DiT
from ..model.text_encoder import TextEncoder
from ..model.vae import Vae
from .graph_spec import dit_specs, text_encoder_spec, vae_specs
from .half_storage import rounded_to_half
from .indicators import indicator_table
from .manifest import (
    CUDA_GRAPHS,
    GRAPH_FILES,
    INDICATORS_FILE,
    OWNED_FILES,
    SCHEDULER,
    TEXT,
    TOKENIZER_FILE,
    cuda_facts,
    default_limits,
    default_settings,
    dit_facts,
    latent_facts,
    write_manifest,
)
from .precision import Precision
from .preview import colour_fields, preview_map
from .swap_folder import swapped_folder
from .write_graphs import write_cuda_graphs, write_graphs

_DIT_FILES = {'manifest.json', GRAPH_FILES['conditioner'], GRAPH_FILES['denoiser'], *CUDA_GRAPHS.values()}


def export_folder(
    out: Path,
    dit: DiT,
    vae: Vae,
    text_encoder: TextEncoder,
    tokenizer: Path,
    fields: dict[str, Any],
    precision: Precision = 'fp16-storage',
    pictures: torch.Tensor | None = None,
    cuda: bool = False,
) -> dict[str, float]:
    """Writes a model folder and returns each graph's error against PyTorch.

    out: replaced in one rename at the end; files in it that the exporter does not own are kept.
    tokenizer: a `tokenizer.json`. fields: `name`, `title`, `description`, `latentScale`, and further fields of the
    manifest (`limits`, `defaults` and `text` are merged into the usual ones; `examples`, `vocabulary`, `training`).
    precision: see `precision.Precision`; for all but `fp32` the weights are rounded to float16 first.
    pictures: `[n, 3, H, W]` in −1..1 from the model's world, for the preview colours; None: smooth colour fields.
    cuda: whether to write the graphs for CUDA, too; with `fast` in `fields`, one of them keeps history.
    Raises KeyError if a required field is missing, ValueError if a weight does not fit in float16, SelfCheckError if a
    graph's output differs from PyTorch's.
    """
    fields = dict(fields)
    scale = float(fields.pop('latentScale'))
    text = {**TEXT, **fields.pop('text', {})}
    limits = {**default_limits(dit.config), **fields.pop('limits', {})}
    side = int(limits['maxFrameTokens'] ** 0.5) * dit.config.patch * vae.config.downscale
    defaults = {**default_settings(side), **fields.pop('defaults', {})}
    keeps = fields.get('fast', {}).get('historyRefresh', 1) > 1
    head = {name: fields.pop(name) for name in ('name', 'title', 'description')}
    if precision != 'fp32':
        dit, vae, text_encoder = (rounded_to_half(network) for network in (dit, vae, text_encoder))
    for network in (dit, vae, text_encoder):
        network.eval()
    with swapped_folder(Path(out), OWNED_FILES) as folder:
        errors = write_graphs(folder, [text_encoder_spec(text_encoder), *dit_specs(dit), *vae_specs(vae)], precision)
        if cuda:
            errors |= write_cuda_graphs(folder, dit, precision, keeps)
        shutil.copyfile(tokenizer, folder / TOKENIZER_FILE)
        table = indicator_table(text_encoder, Tokenizer.from_file(str(tokenizer)), text['eosId'])
        (folder / INDICATORS_FILE).write_bytes(table.numpy().astype('<f4').tobytes())
        write_manifest(
            folder,
            {
                'format': 1,
                **{'name': head['name'], 'family': 'ace', 'title': head['title'], 'description': head['description']},
                'precision': precision,
                'dit': dit_facts(dit.config),
                'latent': latent_facts(vae.config, scale),
                'text': text,
                'limits': limits,
                'defaults': defaults,
                'scheduler': SCHEDULER,
                'preview': preview_map(vae, scale, colour_fields(64, 64) if pictures is None else pictures),
                'indicators': {'file': INDICATORS_FILE, 'shape': list(table.shape)},
                'tokenizer': {'file': TOKENIZER_FILE},
                'graphs': GRAPH_FILES,
                **(cuda_facts(keeps) if cuda else {}),
                **fields,
            },
        )
    return errors


def export_dit(out: Path, dit: DiT, name: str, precision: Precision = 'fp32') -> dict[str, float]:
    """Writes `conditioner.onnx`, `denoiser.onnx` and the graphs for CUDA with a manifest; returns their errors.

    Without a VAE, a text encoder and a tokenizer, the folder is good for comparisons but not for the pipeline.
    """
    with swapped_folder(Path(out), _DIT_FILES) as folder:
        errors = write_graphs(folder, dit_specs(dit.eval()), precision)
        errors |= write_cuda_graphs(folder, dit, precision)
        write_manifest(
            folder,
            {
                'format': 1,
                'name': name,
                'family': 'ace',
                'precision': precision,
                'dit': dit_facts(dit.config),
                'latent': {'channels': dit.config.in_channels},
                'scheduler': SCHEDULER,
                'graphs': {key: GRAPH_FILES[key] for key in ('conditioner', 'denoiser')},
                **cuda_facts(),
            },
        )
    return errors
