import pytest

from atelier_ml.judging.case import Case, Turn
from atelier_ml.judging.case_file import output_file, write_cases
from atelier_ml.judging.judge_outputs import judge_outputs
from atelier_ml.judging.pictures import write_picture
from atelier_ml.judging.report import tables
from atelier_ml.judging.rows import draw_cases
from atelier_ml.judging.statistics import Share, sign_test
from atelier_ml.training.config import RunConfig
from atelier_ml.world.draw import draw_scenes
from atelier_ml.world.draw_views import draw_views
from atelier_ml.world.judge_example import judge_turn
from atelier_ml.world.scene import Background, Scene, Thing
from atelier_ml.world.unit import UnitImage
from atelier_ml.world.view import View

RULES = RunConfig.load('nano').world


def answer(folder, case, mode, right):
    """Writes the outputs of a case: the expected pictures, or the pictures that were given."""
    for index, turn in enumerate(case.turns):
        if turn.expected:
            view = turn.expected if right else case.before(index)
            write_picture(draw_views([view])[0], folder / output_file(case, mode, index))


def test_history_that_helps_is_seen(tmp_path):
    cases = draw_cases(RULES, 3, 0, ('undo', 'put-back', 'recolour'))
    write_cases(tmp_path, cases, 64, {'config': 'nano', 'seed': 0})
    for case in cases:
        for mode in case.modes:
            answer(tmp_path, case, mode, right=mode == 'lineage')
    report = judge_outputs(tmp_path, tmp_path, processes=2)
    for name in ('undo', 'put-back'):
        row = report['rows'][name]
        assert (row['modes']['lineage']['passed'], row['modes']['none']['passed']) == (3, 0)
        assert (row['helped'], row['harmed'], row['copy']) == (3, 0, 0)
        assert row['modes']['lineage']['l1'] < 0.01 < row['modes']['none']['l1']
    text = tables(report)
    assert '| undo the last change | 3 | 100 (44–100) | 0 (0–56) | 3 : 0 |' in text
    assert '| recolour | 3 | 100 (44–100) |' in text
    assert report['rows']['recolour']['random'] == 0 and report['rows']['recolour']['ceiling'] is None


def test_a_conversation_passes_when_every_turn_does_and_unfinished_cases_do_not_count(tmp_path):
    cases = draw_cases(RULES, 3, 0, ('three-turns',))
    write_cases(tmp_path, cases, 64, {'config': 'nano', 'seed': 0})
    for case in cases[:2]:
        for mode in case.modes:
            answer(tmp_path, case, mode, right=True)
    wrong = Scene(Background('plain', 'black'), (Thing('star', 'white'),))
    write_picture(draw_scenes([wrong])[0], tmp_path / output_file(cases[1], 'none', 2))
    row = judge_outputs(tmp_path, tmp_path)['rows']['three-turns']
    assert row['modes']['lineage'] | {'l1': 0} == {'passed': 2, 'cases': 2, 'turns': [2, 2, 2], 'l1': 0}
    assert (row['modes']['none']['passed'], row['modes']['none']['turns']) == (1, [2, 2, 1])


def test_an_edit_of_an_own_output_is_compared_with_that_output():
    before = Scene(Background('plain', 'white'), (Thing('circle', 'red', 'left'), Thing('star', 'blue', 'right')))
    after = before.with_thing(0, Thing('circle', 'green', 'left'))
    old, drawn = draw_scenes([before, after])
    darker = drawn - 0.15
    assert not judge_turn(darker, after, before, drawn, old, RULES.kinds).unchanged
    assert judge_turn(darker, after, before, drawn, old, RULES.kinds, old - 0.15).passed


def test_a_turn_knows_the_scene_before_it():
    one, two = View(Scene(Background())), View(Scene(Background('plain', 'red')))
    case = Case(
        'x', 'x', 1, (Turn('a', expected=one), Turn('b', (UnitImage(one),), 0, two), Turn('c', (UnitImage(two),)))
    )
    assert [case.before(index) for index in range(3)] == [None, one, two]


def test_shares_and_their_intervals():
    assert Share(0, 100).interval[0] == 0
    assert Share(50, 100).interval == pytest.approx((0.404, 0.596), abs=0.001)
    assert sign_test(0, 0) == 1
    assert sign_test(5, 5) == 1
    assert sign_test(10, 0) == pytest.approx(2 / 1024)
