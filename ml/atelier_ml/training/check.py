"""Judges a run on test scenes and says what it learned, beside two floors and the autoencoder's ceiling."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..world.captions import caption
from ..world.draw import draw_scenes
from ..world.edits import EDITS
from ..world.judge_turn import judge_turn
from ..world.mentions import addressed
from ..world.rules import WorldRules
from ..world.sampling import random_scene
from ..world.scene import Background, Scene, Thing
from ..world.seeds import scene_random
from .progress import progress
from .sampler import Request, Sampler

_AT_ONCE = 50
_YARDSTICK_CASES = 40
"""How many cases of a task the floors and the ceiling are measured on."""
_CHECK_SEEDS = 2_000_000
"""Where the check's test seeds begin; the sheets use others, so that nobody tunes on what is judged."""


@dataclass(frozen=True)
class Case:
    """What is asked, of what, and the scene that should come out."""

    text: str
    expected: Scene
    before: Scene | None = None


def check_run(run: Path, cases: int, steps: int, scale: float, rescale: float) -> dict:
    """Numbers per task: passed, background, kind, colour, unchanged (shares of 0..1), l1 to the expected picture.

    `floor`: what passes when an edit returns its input, or a creation another case's true picture. `ceiling`: what
    passes when the expected picture itself goes through the autoencoder.
    """
    sampler = Sampler(run)
    rules = sampler.config.world
    tasks: dict[str, dict] = {}
    for name, made in _tasks(rules, cases).items():
        before = draw_scenes([case.before or case.expected for case in made], sampler.config.side)
        requests = [
            Request.edit(case.text, picture) if case.before else Request.create(case.text)
            for case, picture in zip(made, before, strict=True)
        ]
        pictures = torch.cat(
            [
                sampler.sample(requests[start : start + _AT_ONCE], steps, scale, rescale, seed=start)
                for start in progress(range(0, len(made), _AT_ONCE), name)
            ]
        )
        tasks[name] = scores(made, pictures, before, rules)
        few, few_before = made[:_YARDSTICK_CASES], before[:_YARDSTICK_CASES]
        floor = few_before if made[0].before else few_before.roll(1, 0)
        tasks[name]['floor'] = scores(few, floor, few_before, rules)['passed']
        through = _through_autoencoder(sampler, draw_scenes([case.expected for case in few], sampler.config.side))
        tasks[name]['ceiling'] = scores(few, through, few_before, rules)['passed']
    return {
        'cases': cases,
        'steps': steps,
        'guidanceScale': scale,
        'guidanceRescale': rescale,
        'facts': sampler.trained.facts,
        'tasks': tasks,
    }


def table(result: dict) -> str:
    """The result as a Markdown table, per cent."""
    columns = ('passed', 'background', 'kind', 'colour', 'unchanged', 'floor', 'ceiling')
    lines = ['| task | ' + ' | '.join(columns) + ' | L1 |', '|---' * (len(columns) + 2) + '|']
    for name, row in result['tasks'].items():
        cells = ['' if row[column] is None else f'{100 * row[column]:.0f}' for column in columns]
        lines.append(f'| {name} | ' + ' | '.join(cells) + f' | {row["l1"]:.3f} |')
    return '\n'.join(lines)


def scores(cases: Sequence[Case], pictures: Tensor, before: Tensor, rules: WorldRules) -> dict:
    """Means over the cases; a share is None where no case asks for it."""
    expected = draw_scenes([case.expected for case in cases], pictures.shape[-1])
    right: dict[str, list[bool]] = {'passed': [], 'background': [], 'kind': [], 'colour': [], 'unchanged': []}
    for case, picture, wanted, old in zip(cases, pictures, expected, before, strict=True):
        verdict = judge_turn(picture, case.expected, case.before, wanted, old, rules.kinds)
        right['background'].append(verdict.background)
        right['kind'] += verdict.kinds
        right['colour'] += verdict.colours
        if verdict.unchanged is not None:
            right['unchanged'].append(verdict.unchanged)
        right['passed'].append(verdict.passed)
    means = {name: sum(values) / len(values) if values else None for name, values in right.items()}
    return {**means, 'l1': ((pictures - expected).abs() / 2).mean().item()}


def _through_autoencoder(sampler: Sampler, pictures: Tensor) -> Tensor:
    with torch.no_grad():
        return sampler.vae.decode(sampler.vae.encode(sampler.machine.to(pictures))).clamp(-1, 1).cpu()


def _tasks(rules: WorldRules, cases: int) -> dict[str, list[Case]]:
    tasks = {
        'create one object': [_creation(rules, index, 1) for index in range(cases)],
        'create two objects': [_creation(rules, cases + index, 2) for index in range(cases)],
    }
    for number, task in enumerate(EDITS):
        tasks[task] = [_edit(rules, (2 + number) * cases + index, task) for index in range(cases)]
    if rules.held_out:
        tasks['unseen combinations'] = [_unseen(rules, 20 * cases + index) for index in range(cases)]
    return tasks


def _creation(rules: WorldRules, index: int, count: int) -> Case:
    rng = scene_random('test', _CHECK_SEEDS + index)
    scene = random_scene(rng, rules, count)
    return Case(caption(rng, scene), scene)


def _edit(rules: WorldRules, index: int, task: str) -> Case:
    rng = scene_random('test', _CHECK_SEEDS + index)
    while True:
        before = random_scene(rng, rules, rng.choice((1, 2)))
        edit = EDITS[task](rng, before, rules)
        if edit is not None:
            return Case(addressed(rng, edit.say(rng), 0), edit.after, before)


def _unseen(rules: WorldRules, index: int) -> Case:
    """One centred object of a held-out combination on a plain background."""
    rng: random.Random = scene_random('test', _CHECK_SEEDS + index)
    colour, kind = rng.choice(sorted(rules.held_out))
    background = Background('plain', rng.choice([name for name in ('white', 'black', 'yellow') if name != colour]))
    scene = Scene(background, (Thing(kind, colour),))
    return Case(caption(rng, scene), scene)
