"""Runs the cases of a golden file through engines and reports the worst error of each output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from ..export.export_folder import export_dit
from ..export.self_check import STEP_TOLERANCE, relative_error
from ..model.dit import DiT
from ..model.scheduler import NoiseSchedule, SamplingSteps
from .engines import Engine, OnnxEngine, TorchEngine
from .golden_dit import GoldenCase, GoldenDit
from .run_item import run_item

SAMPLING_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Comparison:
    """`error` is the largest difference divided by the expected output's standard deviation."""

    case: str
    output: str
    engine: str
    error: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Also False if the error is NaN."""
        return self.error <= self.tolerance


def compare(golden: GoldenDit, engine: Engine) -> Iterator[Comparison]:
    """One comparison per output of each case, over all its batch items."""
    for case in golden.cases():
        worst: dict[str, float] = {}
        for item in case.items:
            outputs = run_item(engine, item, case.sample)
            for output, expected in item.expected.items():
                error = relative_error(outputs[output], expected)
                # max() would drop a NaN in second place.
                worst[output] = error if error != error else max(worst.get(output, 0.0), error)
        tolerance = SAMPLING_TOLERANCE if case.sample else STEP_TOLERANCE
        for output, error in worst.items():
            yield Comparison(case.name, output, engine.name, error, tolerance)


def compare_schedule(case: GoldenCase) -> Iterator[Comparison]:
    """Compares the sampler's tables with those of a sampling case."""
    if case.sample is None:
        return
    steps = SamplingSteps.trailing(NoiseSchedule.linear(), int(case.sample['steps']))
    ours = {
        'timesteps': steps.timesteps,
        'sigmas_vp': steps.sigmas_vp,
        'alphas_bar_init': steps.alphas,
        'sigmas_init': steps.sigmas,
    }
    for output, expected in case.schedule.items():
        yield Comparison(case.name, output, 'pytorch', relative_error(ours[output], expected), STEP_TOLERANCE)


def compare_both_engines(file: Path, graphs: Path) -> list[Comparison]:
    """Runs every case through PyTorch and through graphs exported to the folder `graphs`; the sampler's tables come
    last.

    Raises ValueError if the file is not a golden DiT file, SelfCheckError if a graph's output differs from PyTorch's.
    """
    torch.manual_seed(0)
    golden = GoldenDit(file)
    dit = DiT(golden.config)
    dit.load_state_dict(golden.weights())
    export_dit(graphs, dit, 'parity')
    results = list(compare(golden, TorchEngine(dit)))
    results += compare(golden, OnnxEngine(graphs, golden.config))
    return results + [result for case in golden.cases() for result in compare_schedule(case)]
