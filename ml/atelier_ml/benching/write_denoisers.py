"""Writes a random denoiser as ONNX graphs."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path

import onnx

from ..export.graph_spec import dit_specs
from ..export.precision import Precision, apply_precision
from ..export.swap_folder import swapped_folder
from ..export.trace import trace
from ..model.config import DiTConfig
from .random_dit import random_dit

SIZES_FILE = 'sizes.json'


def write_denoisers(out: Path, config: DiTConfig, precisions: Sequence[Precision]) -> None:
    """Writes `<precision>.onnx`, with the weights in `<precision>.onnx.data`, and the sizes in `sizes.json`."""
    model = trace(dit_specs(random_dit(config))[1])
    with swapped_folder(Path(out), {SIZES_FILE}) as folder:
        for index, precision in enumerate(precisions):
            last = index == len(precisions) - 1
            graph = apply_precision(model if last else copy.deepcopy(model), precision)
            name = f'{precision}.onnx'
            # A protobuf file is limited to 2 GB.
            onnx.save(graph, folder / name, save_as_external_data=True, location=f'{name}.data')
        (folder / SIZES_FILE).write_text(json.dumps(config.to_dict()) + '\n', encoding='utf8')
