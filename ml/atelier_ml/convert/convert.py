"""Converts published checkpoints to a model folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ..export.graph_spec import dit_specs, vae_specs
from ..export.half_storage import rounded_to_half
from ..export.manifest import (
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
from ..export.precision import Precision, graph_tolerance
from ..export.preview import colour_fields, preview_map
from ..export.self_check import SelfCheckError
from ..export.swap_folder import swapped_folder
from ..export.write_graphs import write_cuda_graphs, write_graphs
from ..progress import progress
from .check import Check, check_table
from .checkpoint_error import CheckpointError
from .source import Source, open_source
from .text_encoder_part import write_text_encoder

LATENT_SCALE = 0.18215
"""The factor by which latents of the published VAE are multiplied."""


@dataclass(frozen=True)
class Conversion:
    """What to convert, and how.

    size: image size in pixels, which limits the tokens per frame; None: taken from `512px` or `1024px` in the name of
    the DiT file or of `out`. precision: of DiT and VAE.
    device: `cuda` adds the graphs for CUDA to those for a CPU. heads: of the DiT. title: None: the name of `out`.
    fast_history_refresh: how many steps share the history with `speed: "fast"`; None: the model has no `fast`.
    fast_step_cache: by how much the first block may change in those steps so that the others are not computed, 0–1.
    """

    dit: Path
    vae: Path
    text_encoder: Path
    tokenizer: Path
    out: Path
    precision: Precision
    text_encoder_bits: int
    size: int | None = None
    heads: int = 16
    title: str | None = None
    device: str = 'cpu'
    fast_history_refresh: int | None = None
    fast_step_cache: float = 0


def convert(conversion: Conversion) -> list[Check]:
    """Writes the model folder; returns how each graph compares with PyTorch.

    All files are inspected before anything is written. The networks are then converted one after another into a
    temporary folder, which replaces `out` in one rename after the last check.
    Raises CheckpointError if a file cannot be used, SelfCheckError if a graph's output differs from PyTorch's.
    """
    name = conversion.out.absolute().name
    if not re.fullmatch(r'[a-z0-9][a-z0-9.-]*', name):
        raise CheckpointError(
            f'{conversion.out}: a model folder is named with lower-case letters, digits, dots and dashes'
        )
    if conversion.device == 'cuda' and conversion.precision == 'int8':
        raise CheckpointError('--precision int8 is for CPUs: choose fp16 for --device cuda')
    refresh, step_cache = conversion.fast_history_refresh, conversion.fast_step_cache
    if refresh is not None and refresh < 1:
        raise CheckpointError(f'--fast-history-refresh {refresh}: must be at least 1')
    if not 0 <= step_cache <= 1:
        raise CheckpointError(f'--fast-step-cache {step_cache}: must be from 0 to 1')
    if step_cache and (refresh or 1) == 1:
        raise CheckpointError('--fast-step-cache: needs a --fast-history-refresh of 2 or more')
    size = conversion.size or _size_in_name(conversion)
    source = open_source(
        conversion.dit, conversion.vae, conversion.text_encoder, conversion.tokenizer, conversion.heads
    )
    token = source.vae.config.downscale * source.dit.config.patch
    if size % token:
        raise CheckpointError(f'--size {size}: must be a multiple of {token} pixels for this model')
    config = replace(source.dit.config, max_seq_len=(size // token) ** 2)
    ids = {f'{key}Id': source.tokenizer.token_to_id(piece) for key, piece in (('pad', '<pad>'), ('eos', '</s>'))}
    # The inputs of the checks are random, but the same each time.
    torch.manual_seed(0)
    t5, bits = source.text_encoder, conversion.text_encoder_bits
    total = 1 + len(t5.names()) + 2 * t5.config.layers + 4
    with swapped_folder(conversion.out, OWNED_FILES) as folder, progress(None, 'convert', total) as bar:
        texts = write_text_encoder(folder, t5, bits, source.tokenizer, ids, bar.update)
        _pass(texts.checks)
        checks = texts.checks + _write_dit(source, folder, conversion, bar.update)
        preview, more = _write_vae(source, folder, conversion.precision, bar.update)
        checks += more
        source.tokenizer.save(str(folder / TOKENIZER_FILE))
        (folder / INDICATORS_FILE).write_bytes(texts.indicators.numpy().astype('<f4').tobytes())
        write_manifest(
            folder,
            {
                'format': 1,
                'name': name,
                'family': 'ace',
                'title': conversion.title or name,
                'description': f'converted from {conversion.dit.name}; text encoder in {bits} bits',
                'precision': conversion.precision,
                'dit': dit_facts(config),
                'latent': latent_facts(source.vae.config, LATENT_SCALE),
                'text': {**TEXT, **ids},
                'limits': default_limits(config),
                'defaults': {**default_settings(size), 'steps': 20 if config.max_seq_len <= 1024 else 50},
                'scheduler': SCHEDULER,
                'preview': preview,
                'indicators': {'file': INDICATORS_FILE, 'shape': list(texts.indicators.shape)},
                'tokenizer': {'file': TOKENIZER_FILE},
                'graphs': GRAPH_FILES,
                **(cuda_facts(keeps=(refresh or 1) > 1) if conversion.device == 'cuda' else {}),
                **({'fast': {'historyRefresh': refresh, 'stepCache': step_cache}} if refresh else {}),
            },
        )
    return checks


def _size_in_name(conversion: Conversion) -> int:
    for name in (conversion.dit.name, conversion.out.absolute().name):
        if found := re.search(r'(512|1024)px', name):
            return int(found[1])
    raise CheckpointError(f'{conversion.dit}: its name does not tell the picture size; pass --size 512 or --size 1024')


def _write_dit(source: Source, folder: Path, conversion: Conversion, done: Callable[[int], object]) -> list[Check]:
    dit, precision = source.dit.load(), conversion.precision
    if precision != 'fp32':
        dit = rounded_to_half(dit)
    checks = _checks(write_graphs(folder, dit_specs(dit), precision), precision)
    if conversion.device == 'cuda':
        keeps = (conversion.fast_history_refresh or 1) > 1
        checks += _checks(write_cuda_graphs(folder, dit, precision, keeps), precision)
    done(2)
    source.dit.checkpoint.close()
    return checks


def _write_vae(
    source: Source, folder: Path, precision: Precision, done: Callable[[int], object]
) -> tuple[dict[str, list], list[Check]]:
    vae = source.vae.load()
    if precision != 'fp32':
        vae = rounded_to_half(vae)
    checks = _checks(write_graphs(folder, vae_specs(vae), precision), precision)
    preview = preview_map(vae, LATENT_SCALE, colour_fields(64, 64))
    done(2)
    source.vae.checkpoint.close()
    return preview, checks


def _checks(errors: dict[str, float], precision: Precision) -> list[Check]:
    return [Check(file, 'PyTorch: worst', error, graph_tolerance(file, precision)) for file, error in errors.items()]


def _pass(checks: list[Check]) -> None:
    if not all(check.passed for check in checks):
        raise SelfCheckError(check_table(checks))
