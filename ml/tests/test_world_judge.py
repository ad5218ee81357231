import torch

from atelier_ml.training.config import RunConfig
from atelier_ml.world.draw import draw_scenes
from atelier_ml.world.judge import changed_as_asked, empty_right, judge, unchanged
from atelier_ml.world.sampling import random_scene
from atelier_ml.world.scene import Background, Scene, Thing
from atelier_ml.world.seeds import scene_random

RULES = RunConfig.load('nano').world


def test_true_pictures_pass():
    scenes = [random_scene(scene_random('test', index), RULES) for index in range(12)]
    for scene, picture in zip(scenes, draw_scenes(scenes), strict=True):
        assert judge(picture, scene, RULES.kinds).passed


def test_each_wrong_part_is_found():
    true = Scene(Background('plain', 'white'), (Thing('circle', 'red'),))
    wrong = {
        'background': Scene(Background('plain', 'yellow'), true.things),
        'kinds': true.with_thing(0, Thing('star', 'red')),
        'colours': true.with_thing(0, Thing('circle', 'blue')),
    }
    for part, scene in wrong.items():
        verdict = judge(draw_scenes([scene])[0], true, RULES.kinds)
        answers = {
            'background': verdict.background,
            'kinds': all(verdict.kinds),
            'colours': all(verdict.colours),
        }
        assert [name for name, right in answers.items() if not right] == [part]


def test_a_small_displacement_is_forgiven():
    true = Scene(Background('plain', 'white'), (Thing('heart', 'red'),))
    moved = true.with_thing(0, Thing('heart', 'red', dx=0.02, dy=-0.02, grow=1.08))
    assert judge(draw_scenes([moved])[0], true, RULES.kinds).passed


def test_changes_outside_the_edited_region_count():
    before = Scene(Background('plain', 'white'), (Thing('circle', 'red', 'left'), Thing('star', 'blue', 'right')))
    after = before.with_thing(0, Thing('circle', 'green', 'left'))
    spoiled = Scene(Background('plain', 'yellow'), after.things)
    old, expected, bad = draw_scenes([before, after, spoiled])
    assert unchanged(expected, expected, old) == (True, 0.0)
    assert not unchanged(bad, expected, old)[0]


def test_a_removal_that_did_not_happen_is_found():
    before = Scene(Background('plain', 'white'), (Thing('circle', 'red', 'left'), Thing('star', 'blue', 'right')))
    old, expected = draw_scenes([before, Scene(before.background, before.things[:1])])
    assert changed_as_asked(expected, expected, old)
    assert not changed_as_asked(old, expected, old)


def test_leftovers_of_a_removed_thing_are_found():
    empty = Scene(Background('plain', 'white'))
    picture = draw_scenes([empty])[0]
    assert empty_right(picture, empty)
    assert not empty_right(draw_scenes([Scene(empty.background, (Thing('star', 'red'),))])[0], empty)
    assert empty_right(picture - 0.02 * torch.rand(picture.shape), empty)
