"""A golden file through PyTorch and through the graphs of its weights."""

from __future__ import annotations

from pathlib import Path

import torch

from ..export.export_dit import export_dit
from ..model.dit import DiT
from .compare import Comparison, compare, compare_schedule
from .engines import OnnxEngine, TorchEngine
from .golden_dit import GoldenDit


def compare_both_engines(file: Path, graphs: Path) -> list[Comparison]:
    """Exports the file's weights to the folder `graphs` and runs every case twice; the sampler's tables come last.

    Raises ValueError if the file is no golden DiT file, SelfCheckError if a graph does not compute what PyTorch does.
    """
    torch.manual_seed(0)
    golden = GoldenDit(file)
    dit = DiT(golden.config)
    dit.load_state_dict(golden.weights())
    export_dit(graphs, dit, 'parity')
    results = list(compare(golden, TorchEngine(dit)))
    results += compare(golden, OnnxEngine(graphs, golden.config.patch))
    return results + [result for case in golden.cases() for result in compare_schedule(case)]
