"""Judges the pictures that the pipeline made of test cases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..training.config import RunConfig
from ..training.progress import progress
from ..world.draw_images import draw_images
from ..world.judge_example import judge_example
from ..world.unit import UnitImage
from .case import Case
from .case_file import output_file, read_cases
from .pictures import read_picture
from .rows import ROWS
from .through_vae import through_vae

_YARDSTICK_CASES = 20
"""How many cases of a row the floors and the ceiling are measured on."""


def judge_outputs(folder: Path, outputs: Path, model: Path | None = None, names: Sequence[str] = ()) -> dict:
    """One record a row (of those named, or of all), made of the cases whose pictures are all there.

    Per mode: `passed` cases, `cases`, mean `l1` of the last picture; for rows of several judged turns the turns that
    passed, `turns`. `helped` and `harmed`: cases that pass only with history, only without. Floors: `copy` (an edit
    returns its input) and `random` (another case's expected picture); `ceiling`: the expected picture through the
    model's autoencoder. Floors and ceiling are of the last turn.
    """
    facts, cases = read_cases(folder)
    kinds = RunConfig.load(facts['config']).world.kinds
    rows = {}
    for row in ROWS:
        own = [case for case in cases if case.row == row.name and _complete(case, outputs)]
        if own and (not names or row.name in names):
            judged = [_judge_case(case, outputs, kinds) for case in progress(own, row.name)]
            rows[row.name] = {'title': row.title, **_row(judged), **_yardsticks(own, facts['side'], kinds, model)}
    return {**facts, 'rows': rows}


def _complete(case: Case, outputs: Path) -> bool:
    return all((outputs / output_file(case, mode, turn)).exists() for mode in case.modes for turn in _run(case))


def _run(case: Case) -> list[int]:
    return [index for index, turn in enumerate(case.turns) if turn.expected]


def _judge_case(case: Case, outputs: Path, kinds: tuple[str, ...]) -> dict[str, tuple[list[bool], float]]:
    """Mode → (which turns passed, L1 of the last picture to the expected one)."""
    answers = {}
    for mode in case.modes:
        pictures = {turn: read_picture(outputs / output_file(case, mode, turn)) for turn in _run(case)}
        verdicts = [_judge_picture(case, turn, picture, kinds, pictures) for turn, picture in pictures.items()]
        last = pictures[_run(case)[-1]]
        answers[mode] = verdicts, _l1(last, _drawn(case, last.shape[-1])[0])
    return answers


def _judge_picture(case: Case, turn: int, picture: Tensor, kinds: tuple[str, ...], pictures: dict[int, Tensor]) -> bool:
    return judge_example(picture, case.example(turn), kinds, pictures.get(case.turns[turn].output_of))


def _drawn(case: Case, side: int) -> Tensor:
    """The expected picture of the last turn, and its input as the model sees it (the same for creations)."""
    turn = case.turns[_run(case)[-1]]
    return draw_images([UnitImage(turn.expected), turn.images[0] if turn.images else UnitImage(turn.expected)], side)


def _l1(picture: Tensor, drawn: Tensor) -> float:
    return ((picture - drawn).abs() / 2).mean().item()


def _row(judged: list[dict[str, tuple[list[bool], float]]]) -> dict:
    modes = {}
    for mode in judged[0]:
        turns = [case[mode][0] for case in judged]
        modes[mode] = {
            'passed': sum(map(all, turns)),
            'cases': len(judged),
            'turns': [sum(turn) for turn in zip(*turns, strict=True)],
            'l1': sum(case[mode][1] for case in judged) / len(judged),
        }
    row: dict = {'modes': modes}
    if 'none' in modes:
        pairs = [(all(case['lineage'][0]), all(case['none'][0])) for case in judged]
        row |= {'helped': pairs.count((True, False)), 'harmed': pairs.count((False, True))}
    return row


def _yardsticks(cases: list[Case], side: int, kinds: tuple[str, ...], model: Path | None) -> dict:
    few = cases[:_YARDSTICK_CASES]
    pairs = [_drawn(case, side) for case in few]
    wanted, old = torch.stack([pair[0] for pair in pairs]), torch.stack([pair[1] for pair in pairs])

    def passed(pictures: Tensor) -> float:
        verdicts = [
            judge_example(picture, case.example(_run(case)[-1]), kinds)
            for case, picture in zip(few, pictures, strict=True)
        ]
        return sum(verdicts) / len(few)

    edits = few[0].before(_run(few[0])[-1]) is not None
    return {
        'copy': passed(old) if edits else None,
        'random': passed(wanted.roll(1, 0)) if len(few) > 1 else None,
        'ceiling': passed(through_vae(model, wanted)) if model else None,
    }
