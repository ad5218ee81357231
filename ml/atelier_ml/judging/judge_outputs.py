"""Judges the pictures that the pipeline generated for test cases."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from ..progress import progress
from ..training.config import RunConfig
from .case import Case
from .case_file import output_file, read_cases
from .judge_case import Judged, JudgeSettings, judge_case, use_one_thread
from .rows import ROWS

_BASELINE_CASES = 20
"""Number of cases per row for the floors and the ceiling."""
_Work = tuple[Case, bool, Case | None]


def judge_outputs(
    folder: Path, outputs: Path, model: Path | None = None, names: Sequence[str] = (), processes: int = 1
) -> dict:
    """One record per row (of those named, or of all), from the cases whose pictures are complete.

    Per mode: `passed` and `cases`, the mean `l1` of the last picture, and `turns`, how many passed at each judged turn.
    `helped` and `harmed`: cases that pass only with, or only without, history. Floors: `copy` (the input of an edit)
    and `random` (another case's expected picture); `ceiling`: the expected picture reconstructed by the model's
    autoencoder. Floors and ceiling are for the last turn.
    """
    facts, cases = read_cases(folder)
    settings = JudgeSettings(outputs, facts['side'], RunConfig.load(facts['config']).world.kinds, model)
    titles = {row.name: row.title for row in ROWS if not names or row.name in names}
    own = {name: [case for case in cases if case.row == name and _complete(case, outputs)] for name in titles}
    work = [part for name in titles for part in _work(own[name])]
    judged = iter(_judge_all(settings, work, processes))
    rows = {}
    for name, title in titles.items():
        results = [next(judged) for _ in own[name]]
        if results:
            rows[name] = {'title': title, **_row(results)}
    return {**facts, 'rows': rows}


def _complete(case: Case, outputs: Path) -> bool:
    return all((outputs / output_file(case, mode, turn)).exists() for mode in case.modes for turn in case.judged)


def _work(cases: list[Case]) -> list[_Work]:
    """A row's cases; the first few with baselines, each of which uses the case before it as its random one."""
    few = cases[:_BASELINE_CASES]
    measured: list[_Work] = [(case, True, few[index - 1] if len(few) > 1 else None) for index, case in enumerate(few)]
    return [*measured, *((case, False, None) for case in cases[_BASELINE_CASES:])]


def _judge_all(settings: JudgeSettings, work: list[_Work], processes: int) -> list[Judged]:
    judge = partial(_judge, settings)
    if processes == 1:
        return list(progress(map(judge, work), 'judging', total=len(work)))
    # Spawned, because a forked process would inherit PyTorch's threads in an undefined state.
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(processes, context, use_one_thread) as pool:
        return list(progress(pool.map(judge, work, chunksize=4), 'judging', total=len(work)))


def _judge(settings: JudgeSettings, work: _Work) -> Judged:
    return judge_case(settings, *work)


def _row(judged: list[Judged]) -> dict:
    modes = {}
    for mode in judged[0].modes:
        turns = [case.modes[mode][0] for case in judged]
        modes[mode] = {
            'passed': sum(map(all, turns)),
            'cases': len(judged),
            'turns': [sum(turn) for turn in zip(*turns, strict=True)],
            'l1': sum(case.modes[mode][1] for case in judged) / len(judged),
        }
    row: dict = {'modes': modes}
    if 'none' in modes:
        pairs = [(all(case.modes['lineage'][0]), all(case.modes['none'][0])) for case in judged]
        row |= {'helped': pairs.count((True, False)), 'harmed': pairs.count((False, True))}
    return row | {
        'copy': _share([case.copy for case in judged]),
        'random': _share([case.random for case in judged]),
        'ceiling': _share([case.ceiling for case in judged]),
    }


def _share(answers: list[bool | None]) -> float | None:
    known = [answer for answer in answers if answer is not None]
    return sum(known) / len(known) if known else None
