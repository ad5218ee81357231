"""The `manifest.json` of a model folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..model.config import DiTConfig, VaeConfig

MANIFEST_FILE = 'manifest.json'
TOKENIZER_FILE = 'tokenizer.json'
INDICATORS_FILE = 'indicators.f32'
GRAPH_FILES = {
    'textEncoder': 'text_encoder.onnx',
    'conditioner': 'conditioner.onnx',
    'denoiser': 'denoiser.onnx',
    'vaeEncoder': 'vae_encoder.onnx',
    'vaeDecoder': 'vae_decoder.onnx',
}
CUDA_GRAPHS = {'textProjector': 'text_projector.onnx', 'sampler': 'sampler.onnx'}
KEPT_SAMPLER_FILE = 'kept_sampler.onnx'
"""The sampler of `speed: "fast"`; only in folders that offer it with a `historyRefresh`."""
STEPS_PER_RUN = 4
"""Steps between two chances to cancel and to show progress on CUDA. More would hardly save traffic."""
OWNED_FILES = {
    MANIFEST_FILE,
    TOKENIZER_FILE,
    INDICATORS_FILE,
    *GRAPH_FILES.values(),
    *CUDA_GRAPHS.values(),
    KEPT_SAMPLER_FILE,
    *(f'{file}.data' for file in (*GRAPH_FILES.values(), *CUDA_GRAPHS.values(), KEPT_SAMPLER_FILE)),
}
"""All files an export may write; `<graph>.data` holds the weights of a large graph."""
SCHEDULER = {
    'trainSteps': 1000,
    'betaStart': 0.0001,
    'betaEnd': 0.02,
    'schedule': 'linear',
    'prediction': 'eps',
    'spacing': 'trailing',
}
TEXT = {'maxTokens': 120, 'padId': 0, 'eosId': 1, 'cleaning': ['mojibake', 'html', 'whitespace']}


def cuda_facts(keeps: bool = False) -> dict[str, Any]:
    """The manifest's field of a folder that has graphs for CUDA. keeps: also the sampler that keeps history."""
    kept = {'keptSampler': KEPT_SAMPLER_FILE} if keeps else {}
    return {'cuda': {**CUDA_GRAPHS, **kept, 'stepsPerRun': STEPS_PER_RUN}}


def default_limits(config: DiTConfig) -> dict[str, Any]:
    """The limits of a model that does not set its own."""
    return {
        'maxFrameTokens': config.max_seq_len,
        'maxConditionFrames': 9,
        'sizeMultiple': 16,
        'minSize': 32,
        'maxSteps': 100,
        'maxGuidanceScale': 20,
        'maxAspect': 4,
    }


def default_settings(size: int) -> dict[str, Any]:
    """The default generation settings of a model for images of `size` × `size` pixels."""
    return {
        'width': size,
        'height': size,
        'steps': 20,
        'guidanceScale': 4.5,
        'guidanceRescale': 0.5,
        'sampler': 'ddim',
    }


def dit_facts(config: DiTConfig) -> dict[str, int]:
    """The DiT's sizes that the pipeline needs."""
    return {
        'width': config.width,
        'depth': config.depth,
        'heads': config.heads,
        'patch': config.patch,
        'textWidth': config.text_width,
    }


def latent_facts(config: VaeConfig, scale: float) -> dict[str, Any]:
    """The VAE's sizes that the pipeline needs."""
    return {'channels': config.z_channels, 'downscale': config.downscale, 'scale': scale}


def file_list(folder: Path) -> list[dict[str, Any]]:
    """Name, size and SHA-256 of every file in the folder except the manifest, sorted by name."""
    return [
        {'path': path.name, 'bytes': path.stat().st_size, 'sha256': _sha256(path)}
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST_FILE
    ]


def _sha256(path: Path) -> str:
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def write_manifest(folder: Path, fields: dict[str, Any]) -> None:
    """Writes the manifest with the list of the folder's files. Call it after all of them are written."""
    text = json.dumps({**fields, 'files': file_list(folder)}, indent=2, ensure_ascii=False)
    (folder / MANIFEST_FILE).write_text(text + '\n', encoding='utf8')
