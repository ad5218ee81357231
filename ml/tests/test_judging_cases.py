import random
from dataclasses import replace

import pytest

from atelier_ml.judging import rows
from atelier_ml.judging.case_file import read_cases, write_cases
from atelier_ml.judging.rows import ROWS, case_seed, draw_cases
from atelier_ml.judging.turns import three_turns, turns_of
from atelier_ml.training.config import RunConfig
from atelier_ml.world.contrast import visible
from atelier_ml.world.palette import COLOUR_NAMES
from atelier_ml.world.seeds import scene_random, scene_seed
from atelier_ml.world.tasks import TASKS

RULES = RunConfig.load('nano').world
undo, put_back, first_colour, later_edit = (
    turns_of(TASKS[task]) for task in ('undo', 'put-back', 'first-colour', 'later-edit')
)
NEEDS_HISTORY = (undo, put_back, first_colour)


def given(turn):
    return turn.images[0].view.scene


def drawn(make, count=60):
    return [make(scene_random('test', 7_000_000 + index), RULES) for index in range(count)]


def facts(scene):
    """Everything that words could name in a scene."""
    names = [scene.style, scene.background.kind, scene.background.colour, scene.background.second]
    for thing in scene.things:
        names += [thing.colour, thing.kind, thing.spot, thing.size]
    return sorted(names)


def lost(turns):
    """What the wanted picture shows that the current one does not."""
    left = facts(given(turns[-1]))
    return [name for name in facts(turns[-1].expected.scene) if name not in left or left.remove(name)]


def test_no_seed_of_a_case_is_one_of_training():
    used = {case_seed(row, index, seed) for row in range(len(ROWS)) for index in range(300) for seed in range(3)}
    assert len(used) == len(ROWS) * 300 * 3
    assert all(seed % 2 == 1 for seed in used)
    assert all(scene_seed('train', index) % 2 == 0 for index in range(1000))
    assert {case.seed for case in draw_cases(RULES, 2, 0)} <= used


def test_the_seed_of_a_case_is_what_it_is_drawn_from():
    for case in draw_cases(RULES, 2, 1):
        row = next(row for row in ROWS if row.name == case.row)
        assert row.make(random.Random(case.seed), RULES) == case.turns


def test_the_first_cases_do_not_depend_on_how_many_are_drawn():
    few, many = draw_cases(RULES, 2, 0), draw_cases(RULES, 3, 0)
    assert set(few) <= set(many)
    assert [case.row for case in few[:5]] == ['undo', 'put-back', 'first-colour', 'later-edit', 'three-turns']


@pytest.mark.parametrize('make', NEEDS_HISTORY)
def test_the_current_picture_and_the_words_do_not_tell_what_is_wanted(make):
    for turns in drawn(make):
        missing = lost(turns)
        assert missing, 'the current picture already shows everything that is wanted'
        words = turns[-1].instruction.lower().split()
        assert not set(missing) & set(words)
        shown = facts(given(turns[0]))
        assert all(name in shown for name in missing), 'the first picture of the history shows what is missing'


def test_undo_wants_the_picture_before():
    for turns in drawn(undo):
        assert turns[-1].expected.scene == given(turns[-2])
        assert given(turns[-1]) != given(turns[-2])


def test_the_same_picture_and_words_with_another_history_want_another_picture():
    turns = next(t for t in drawn(first_colour) if len(t) == 2 and len(given(t[0]).things) == 1)
    first, now = given(turns[0]), given(turns[1])
    colours = [
        name
        for name in COLOUR_NAMES
        if name not in {first.things[0].colour, now.things[0].colour} | now.background.clashes
    ]
    other = first.with_thing(0, replace(first.things[0], colour=colours[0]))
    assert now.with_thing(0, other.things[0]) != turns[1].expected.scene
    assert now.with_thing(0, first.things[0]) == turns[1].expected.scene


def test_put_back_wants_the_removed_thing_and_everything_done_since():
    lengths = set()
    for turns in drawn(put_back):
        lengths.add(len(turns))
        wanted, now = turns[-1].expected.scene, given(turns[-1])
        extra = [thing for thing in wanted.things if thing not in now.things]
        assert len(extra) == 1 and extra[0] in given(turns[0]).things
        assert [thing for thing in wanted.things if thing in now.things] == list(now.things)
        assert wanted.background == now.background
        assert visible(wanted)
    assert lengths == {2, 3}


def test_first_colour_changes_one_colour_only():
    lengths = set()
    for turns in drawn(first_colour):
        lengths.add(len(turns))
        pairs = list(zip(given(turns[0]).things, given(turns[-1]).things, turns[-1].expected.scene.things, strict=True))
        differing = [(old, now, wanted) for old, now, wanted in pairs if now != wanted]
        assert len(differing) == 1
        old, now, wanted = differing[0]
        assert wanted == replace(now, colour=old.colour)
        assert (wanted.colour, wanted.kind) not in RULES.held_out
    assert lengths == {2, 3}


def test_each_picture_of_a_conversation_is_what_the_turn_before_should_give():
    for turns in drawn(later_edit):
        assert turns[0].expected is None and turns[1].expected is not None
        assert given(turns[0]) != given(turns[1])
    for turns in drawn(three_turns, 20):
        assert [turn.output_of for turn in turns] == [None, 0, 1]
        assert all(turn.expected.scene.things for turn in turns)
        assert '{image' not in ''.join(turn.instruction for turn in turns)


def test_cases_survive_their_file(tmp_path):
    cases = draw_cases(RULES, 1, 0)
    write_cases(tmp_path, cases, 32, {'config': 'nano', 'seed': 0})
    known, read = read_cases(tmp_path)
    assert read == cases
    assert known == {'format': 2, 'config': 'nano', 'seed': 0, 'side': 32}


def test_an_unknown_row_is_refused():
    with pytest.raises(ValueError, match='no such row: nonsense'):
        draw_cases(RULES, 1, 0, ('nonsense',))
    assert rows.SPLIT == 'test'
