"""Evaluates a run on test examples, next to a floor and the autoencoder's ceiling."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ..progress import progress
from ..world.draw_images import draw_images
from ..world.draw_views import draw_views
from ..world.example import Example
from ..world.judge_example import judge_example
from ..world.tasks import TASKS, random_example, tasks_in
from ..world.tasks.creation import create_held_out
from .sampler import Request, Sampler
from .sampling_settings import SamplingSettings

_AT_ONCE = 50
_BASELINE_CASES = 40
"""Number of cases per task for the floor and the ceiling."""
_CHECK_SEEDS = 2_000_000
"""First test index of the check; the sheets use others, so that nobody tunes on the evaluated scenes."""
_STRIDE = 10_000


def check_run(run: Path, cases: int, **overrides: float) -> dict:
    """Per task: `passed` (fraction, 0..1) and `l1` to the target image, sampled with the exported model's defaults,
    except for those in `overrides`.

    `floor`: passed if an edit returns its input, or a creation another case's target. `ceiling`: passed if the target
    itself goes through the autoencoder.
    """
    sampler = Sampler(run)
    settings = replace(SamplingSettings.of(sampler.config), **overrides)
    rules = sampler.config.world
    tasks: dict[str, dict] = {}
    made = {
        task: [_example(task, number, index, sampler) for index in range(cases)]
        for number, task in enumerate(TASKS)
        if task in tasks_in(rules)
    }
    made['held-out'] = [
        create_held_out(random.Random(_CHECK_SEEDS * 2 + 1 + 2 * index), rules) for index in range(cases)
    ]
    for task, examples in made.items():
        rng = random.Random(7)
        requests = [Request.of(example, rng, sampler.config.side) for example in examples]
        parts = [
            sampler.sample_any(requests[start : start + _AT_ONCE], settings, seed=start)
            for start in progress(range(0, len(examples), _AT_ONCE), task)
        ]
        expected = draw_views([example.target for example in examples], sampler.config.side)
        tasks[task] = scores(examples, torch.cat(parts), expected, rules.kinds)
        few, wanted = examples[:_BASELINE_CASES], expected[:_BASELINE_CASES]
        inputs = [image for example in few for image in example.units[-1].images[:1]]
        floor = draw_images(inputs, sampler.config.side) if inputs else wanted.roll(1, 0)
        tasks[task]['floor'] = scores(few, floor, wanted, rules.kinds)['passed']
        through = _reconstruct(sampler, wanted)
        tasks[task]['ceiling'] = scores(few, through, wanted, rules.kinds)['passed']
    return {
        'cases': cases,
        'steps': settings.steps,
        'guidanceScale': settings.scale,
        'guidanceRescale': settings.rescale,
        'guidanceInterval': settings.interval,
        'facts': sampler.trained.facts,
        'tasks': tasks,
    }


def table(result: dict) -> str:
    """The result as a Markdown table, per cent."""
    columns = ('passed', 'floor', 'ceiling')
    lines = ['| task | ' + ' | '.join(columns) + ' | L1 |', '|---' * (len(columns) + 2) + '|']
    for name, row in result['tasks'].items():
        cells = [f'{100 * row[column]:.0f}' for column in columns]
        lines.append(f'| {name} | ' + ' | '.join(cells) + f' | {row["l1"]:.3f} |')
    return '\n'.join(lines)


def scores(examples: Sequence[Example], pictures: Tensor, expected: Tensor, kinds: tuple[str, ...]) -> dict:
    """Fraction of examples that pass, and the mean difference of their images `[n, 3, h, w]` from the targets."""
    passed = [judge_example(picture, example, kinds) for example, picture in zip(examples, pictures, strict=True)]
    return {'passed': sum(passed) / len(passed), 'l1': ((pictures - expected).abs() / 2).mean().item()}


def _reconstruct(sampler: Sampler, pictures: Tensor) -> Tensor:
    with torch.no_grad():
        return sampler.vae.decode(sampler.vae.encode(sampler.machine.to(pictures))).clamp(-1, 1).cpu()


def _example(task: str, number: int, index: int, sampler: Sampler) -> Example:
    return random_example(task, 'test', _CHECK_SEEDS + number * _STRIDE + index, sampler.config.world)
