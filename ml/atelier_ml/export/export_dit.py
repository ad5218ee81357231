"""The two graphs of a DiT alone, for comparisons."""

from __future__ import annotations

from pathlib import Path

from ..model.dit import DiT
from .graph_spec import dit_specs
from .manifest import GRAPH_FILES, SCHEDULER, dit_facts, write_manifest
from .precision import Precision
from .swap_folder import swapped_folder
from .write_graphs import write_graphs

_OWNED = {'manifest.json', GRAPH_FILES['conditioner'], GRAPH_FILES['denoiser']}


def export_dit(out: Path, dit: DiT, name: str, precision: Precision = 'fp32') -> dict[str, float]:
    """Writes `conditioner.onnx` and `denoiser.onnx` and a manifest of them alone; returns their errors.

    Such a folder has no VAE, text encoder or tokenizer: it fits a comparison, not a pipeline.
    """
    with swapped_folder(Path(out), _OWNED) as folder:
        errors = write_graphs(folder, dit_specs(dit.eval()), precision)
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
            },
        )
    return errors
