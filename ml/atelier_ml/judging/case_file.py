"""`cases.json` and the pictures beside it: what the runner and the judge read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ..world.draw import draw_scenes
from .case import Case, Turn, image_id
from .pictures import write_picture
from .scene_json import scene_from_json, scene_to_json


def write_cases(folder: Path, cases: Sequence[Case], side: int, facts: dict) -> None:
    """Writes the records, in the order in which they are to be run, and draws the given pictures."""
    (folder / 'pictures').mkdir(parents=True, exist_ok=True)
    given = [(case, index, turn.given) for case in cases for index, turn in enumerate(case.turns) if turn.given]
    for start in range(0, len(given), 256):
        part = given[start : start + 256]
        for (case, index, _), picture in zip(part, draw_scenes([scene for *_, scene in part], side), strict=True):
            write_picture(picture, folder / _picture(case, index))
    records = [_record(case) for case in cases]
    text = json.dumps({'format': 1, **facts, 'side': side, 'cases': records}, ensure_ascii=False, indent=1)
    (folder / 'cases.json').write_text(text + '\n', encoding='utf8')


def read_cases(folder: Path) -> tuple[dict, list[Case]]:
    """(everything but the cases, the cases). Raises FileNotFoundError when there is no `cases.json`."""
    data = json.loads((folder / 'cases.json').read_text(encoding='utf8'))
    return data, [_case(record) for record in data.pop('cases')]


def output_file(case: Case, mode: str, turn: int) -> str:
    """Name of a turn's output in the folder of outputs."""
    return f'{case.id}-{mode}-{turn}.png'


def _picture(case: Case, turn: int) -> str:
    return f'pictures/{case.id}-{turn}.png'


def _record(case: Case) -> dict:
    turns = [_turn_record(case, index, turn) for index, turn in enumerate(case.turns)]
    return {'id': case.id, 'row': case.row, 'seed': case.seed, 'modes': list(case.modes), 'turns': turns}


def _turn_record(case: Case, index: int, turn: Turn) -> dict:
    record: dict = {'instruction': turn.instruction, 'imageId': image_id(index) if turn.has_image else None}
    if turn.given:
        record |= {'file': _picture(case, index), 'given': scene_to_json(turn.given)}
    if turn.output_of is not None:
        record['outputOf'] = turn.output_of
    if turn.expected:
        record['expected'] = scene_to_json(turn.expected)
    return record


def _case(record: dict) -> Case:
    turns = tuple(
        Turn(
            turn['instruction'],
            scene_from_json(turn['given']) if 'given' in turn else None,
            turn.get('outputOf'),
            scene_from_json(turn['expected']) if 'expected' in turn else None,
        )
        for turn in record['turns']
    )
    return Case(record['id'], record['row'], record['seed'], turns, tuple(record['modes']))
