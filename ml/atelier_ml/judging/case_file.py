"""Reads and writes `cases.json` and its pictures, the input of the runner and the judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..world.draw_images import draw_marks
from ..world.draw_views import draw_views
from ..world.region import Region
from ..world.scene import Background, Scene, Thing
from ..world.unit import UnitImage
from ..world.view import View
from ..world.word import Word
from .case import Case, Turn, image_id
from .pictures import write_picture


def write_cases(folder: Path, cases: Sequence[Case], side: int, facts: dict) -> None:
    """Writes the cases in the order in which they should be run, and draws their input pictures and masks."""
    (folder / 'pictures').mkdir(parents=True, exist_ok=True)
    images = [
        (case, index, place, image)
        for case in cases
        for index, turn in enumerate(case.turns)
        for place, image in enumerate(turn.images)
    ]
    for start in range(0, len(images), 256):
        part = images[start : start + 256]
        pictures = draw_views([image.view for *_, image in part], side)
        for (case, index, place, image), picture in zip(part, pictures, strict=True):
            if _given(case.turns[index], place):
                write_picture(picture, folder / _file(case, index, place))
            if image.region:
                marks = draw_marks([image.region], side)[0] * 2 - 1
                write_picture(marks.expand(3, -1, -1), folder / _file(case, index, place, '-mask'))
    records = [_record(case) for case in cases]
    text = json.dumps({'format': 2, **facts, 'side': side, 'cases': records}, ensure_ascii=False, indent=1)
    (folder / 'cases.json').write_text(text + '\n', encoding='utf8')


def read_cases(folder: Path) -> tuple[dict, list[Case]]:
    """Returns (everything except the cases, the cases). Raises FileNotFoundError if there is no `cases.json`."""
    data = json.loads((folder / 'cases.json').read_text(encoding='utf8'))
    return data, [_case(record) for record in data.pop('cases')]


def output_file(case: Case, mode: str, turn: int) -> str:
    """Name of a turn's output in the folder of outputs."""
    return f'{case.id}-{mode}-{turn}.png'


def _given(turn: Turn, place: int) -> bool:
    return place > 0 or turn.output_of is None


def _file(case: Case, turn: int, place: int, suffix: str = '') -> str:
    return f'pictures/{case.id}-{turn}-{place}{suffix}.png'


def _record(case: Case) -> dict:
    turns = [_turn_record(case, index, turn) for index, turn in enumerate(case.turns)]
    facts = {'id': case.id, 'row': case.row, 'task': case.task, 'seed': case.seed, 'modes': list(case.modes)}
    return {**facts, 'turns': turns}


def _turn_record(case: Case, index: int, turn: Turn) -> dict:
    images = [
        {
            'imageId': image_id(index, place),
            'file': _file(case, index, place) if _given(turn, place) else None,
            'outputOf': None if _given(turn, place) else turn.output_of,
            'maskFile': _file(case, index, place, '-mask') if image.region else None,
            **image_to_json(image),
        }
        for place, image in enumerate(turn.images)
    ]
    expected = view_to_json(turn.expected) if turn.expected else None
    return {'instruction': turn.instruction, 'images': images, 'expected': expected}


def _case(record: dict) -> Case:
    turns = []
    for turn in record['turns']:
        outputs = [image['outputOf'] for image in turn['images'] if image['outputOf'] is not None]
        turns.append(
            Turn(
                turn['instruction'],
                tuple(image_from_json(image) for image in turn['images']),
                outputs[0] if outputs else None,
                view_from_json(turn['expected']) if turn['expected'] else None,
            )
        )
    return Case(record['id'], record['row'], record['seed'], tuple(turns), tuple(record['modes']), record['task'])


def view_to_json(view: View) -> dict:
    return asdict(view)


def view_from_json(data: dict) -> View:
    scene = data['scene']
    things = tuple(Thing(**thing) for thing in scene['things'])
    word = Word(**scene['word']) if scene['word'] else None
    return View(Scene(Background(**scene['background']), things, scene['style'], word), data['kind'])


def image_from_json(data: dict) -> UnitImage:
    region = Region(**data['region']) if data['region'] else None
    return UnitImage(view_from_json(data['view']), region, data['maskMode'])


def image_to_json(image: UnitImage) -> dict:
    region = asdict(image.region) if image.region else None
    return {'view': view_to_json(image.view), 'region': region, 'maskMode': image.mode}
