"""All cases of a golden file through an engine, with the worst error of each output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..export.self_check import STEP_TOLERANCE, relative_error
from ..model.scheduler import NoiseSchedule, SamplingSteps
from .engines import Engine
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
        """False for a NaN, too."""
        return self.error <= self.tolerance


def compare(golden: GoldenDit, engine: Engine) -> Iterator[Comparison]:
    """One comparison for each output of each case, over all its batch items."""
    for case in golden.cases():
        worst: dict[str, float] = {}
        for item in case.items:
            outputs = run_item(engine, item, case.sample)
            for output, expected in item.expected.items():
                error = relative_error(outputs[output], expected)
                # max() would lose a NaN that comes second.
                worst[output] = error if error != error else max(worst.get(output, 0.0), error)
        tolerance = SAMPLING_TOLERANCE if case.sample else STEP_TOLERANCE
        for output, error in worst.items():
            yield Comparison(case.name, output, engine.name, error, tolerance)


def compare_schedule(case: GoldenCase) -> Iterator[Comparison]:
    """The sampler's tables against those of a sampling case."""
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
