"""Adds the graphs for CUDA to a model folder that has none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from ..model.config import DiTConfig
from ..model.dit import DiT
from .manifest import MANIFEST_FILE, OWNED_FILES, cuda_facts, write_manifest
from .read_folder import ReadFolderError, read_dit
from .swap_folder import swapped_folder
from .write_graphs import write_cuda_graphs


def add_cuda_graphs(folder: Path, out: Path) -> dict[str, float]:
    """Writes a copy of a model folder with the graphs for CUDA, in its precision; returns the error of each of them.

    out: replaced in one rename at the end. The sampler of `speed: "fast"` is among them if the manifest's `fast` shares
    the history.
    Raises ReadFolderError if the folder cannot be read, has such graphs already, or computes in less than float32;
    KernelError and SelfCheckError as `write_cuda_graphs` does.
    """
    manifest = _manifest_without_cuda(folder)
    facts = manifest['dit']
    dit = DiT(
        DiTConfig(
            in_channels=manifest['latent']['channels'],
            text_width=facts['textWidth'],
            max_seq_len=manifest['limits']['maxFrameTokens'],
            **{name: facts[name] for name in ('width', 'depth', 'heads', 'patch')},
        )
    ).eval()
    read_dit(folder, dit)
    # The inputs of the checks are random, but the same each time.
    torch.manual_seed(0)
    keeps = manifest.get('fast', {}).get('historyRefresh', 1) > 1
    with swapped_folder(out, OWNED_FILES) as aside:
        for entry in manifest['files']:
            shutil.copy2(folder / entry['path'], aside / entry['path'])
        errors = write_cuda_graphs(aside, dit, manifest['precision'], keeps)
        write_manifest(aside, {**manifest, **cuda_facts(keeps)})
    return errors


def _manifest_without_cuda(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding='utf8'))
    except OSError as error:
        raise ReadFolderError(f'{folder} is no model folder: {error}') from error
    missing = {'precision', 'dit', 'latent', 'limits', 'files'} - manifest.keys()
    if missing:
        raise ReadFolderError(f'the manifest of {folder} does not tell its {min(missing)}')
    if 'cuda' in manifest:
        raise ReadFolderError(f'{folder} has graphs for CUDA already')
    if manifest['precision'] not in ('fp32', 'fp16-storage'):
        raise ReadFolderError(
            f'{folder} computes in {manifest["precision"]}, from which its weights cannot be read: convert or export '
            'what it was made from with --device cuda'
        )
    return manifest
