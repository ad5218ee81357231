from dataclasses import replace

import pytest

from atelier_ml.judging.case_file import view_from_json, view_to_json
from atelier_ml.judging.rows import draw_cases
from atelier_ml.training.config import RunConfig
from atelier_ml.world.draw import draw_scenes
from atelier_ml.world.draw_words import draw_words
from atelier_ml.world.judge import judge
from atelier_ml.world.scene import Background, Scene, Thing
from atelier_ml.world.tasks import TASKS, tasks_in
from atelier_ml.world.view import View
from atelier_ml.world.word import LETTERS, Word

NANO, MINI = RunConfig.load('nano').world, RunConfig.load('mini').world
TRUE = Scene(Background('plain', 'white'), (Thing('star', 'red'),), word=Word('SUN', 'blue', 'bottom'))


@pytest.mark.parametrize(
    'shown',
    [Word('SUM', 'blue'), Word('SU', 'blue'), Word('SUN', 'black'), Word('SUN', 'blue', 'top'), None],
    ids=['letter', 'shorter', 'colour', 'spot', 'none'],
)
def test_another_word_is_found_and_nothing_else_is_blamed(shown):
    assert judge(draw_scenes([TRUE])[0], TRUE, ('star', 'house')).passed
    verdict = judge(draw_scenes([replace(TRUE, word=shown)])[0], TRUE, ('star', 'house'))
    assert not verdict.word and all((*verdict.kinds, *verdict.colours, *verdict.sizes, verdict.style))


def test_every_letter_is_different_and_stays_inside():
    letters = draw_words([Word(letter * 3, 'red') for letter in LETTERS])
    assert len({picture.numpy().tobytes() for picture in letters}) == len(LETTERS)
    rim = letters.clone()
    rim[:, 2:-2, 2:-2] = 0
    assert not rim.any() and letters.flatten(1).any(1).all()


def test_only_worlds_with_words_have_their_tasks():
    written = {'create-word', 'add-word', 'remove-word'}
    assert set(TASKS) - set(tasks_in(NANO)) == written and tasks_in(MINI) == tuple(TASKS)
    assert not written & {case.row for case in draw_cases(NANO, 1, 0)}
    assert written <= {case.row for case in draw_cases(MINI, 1, 0)}


def test_a_word_survives_its_file():
    assert view_from_json(view_to_json(View(TRUE))) == View(TRUE)
