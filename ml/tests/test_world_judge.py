from dataclasses import replace
from itertools import permutations

import pytest
import torch

from atelier_ml.training.config import RunConfig
from atelier_ml.world.draw import draw_scenes
from atelier_ml.world.draw_views import draw_views
from atelier_ml.world.judge import changed_as_asked, empty_right, judge, unchanged
from atelier_ml.world.judge_background import background_right
from atelier_ml.world.judge_view import judge_view
from atelier_ml.world.sampling import random_scene
from atelier_ml.world.scene import PAINTED, STYLES, TWO_COLOURED, Background, Scene, Thing
from atelier_ml.world.seeds import scene_random
from atelier_ml.world.view import VIEWS, View

RULES = RunConfig.load('nano').world


PARTS = ('background', 'kinds', 'colours', 'fills', 'places', 'sizes', 'style')
TRUE = Scene(Background('plain', 'white'), (Thing('heart', 'red', 'left'), Thing('house', 'blue', 'right')))


def wrong_parts(shown: Scene, true: Scene) -> list[str]:
    verdict = judge(draw_scenes([shown])[0], true, RULES.kinds)
    answers = {part: getattr(verdict, part) for part in PARTS}
    wrong = [part for part, answer in answers.items() if not (answer if isinstance(answer, bool) else all(answer))]
    assert verdict.passed == (not wrong)
    return wrong


@pytest.mark.parametrize('style', STYLES)
def test_true_pictures_pass(style):
    for index in range(2):
        scene = random_scene(scene_random('test', index), RULES, count=1 + index, style=style)
        assert wrong_parts(scene, scene) == [], scene


@pytest.mark.parametrize(
    ('part', 'change'),
    [
        ('kinds', {'kind': 'star'}),
        ('colours', {'colour': 'green'}),
        ('fills', {'fill': 'striped'}),
        ('places', {'dx': 0.1}),
        ('sizes', {'size': 'small'}),
        ('sizes', {'size': 'big'}),
    ],
)
@pytest.mark.parametrize('style', ['flat', 'neon', 'soft'])
def test_each_wrong_part_of_a_thing_is_found(style, part, change):
    true = replace(TRUE, style=style)
    assert part in wrong_parts(true.with_thing(0, replace(true.things[0], **change)), true)


def test_one_wrong_part_alone_is_blamed_in_a_flat_picture():
    first = TRUE.things[0]
    for part, change in (
        ('kinds', {'kind': 'circle'}),
        ('colours', {'colour': 'green'}),
        ('fills', {'fill': 'dotted'}),
        ('sizes', {'size': 'small'}),
    ):
        assert wrong_parts(TRUE.with_thing(0, replace(first, **change)), TRUE) == [part]


def test_another_spot_and_a_missing_thing_are_found():
    assert wrong_parts(TRUE.with_thing(0, replace(TRUE.things[0], spot='top left')), TRUE)
    assert wrong_parts(replace(TRUE, things=TRUE.things[:1]), TRUE)


def test_something_that_nobody_asked_for_is_found():
    one = replace(TRUE, things=TRUE.things[:1])
    assert wrong_parts(TRUE, one) == ['background']


@pytest.mark.parametrize('style', STYLES)
def test_every_wrong_style_is_found(style):
    shown = replace(TRUE, style=style)
    for other in STYLES:
        if other != style:
            assert 'style' in wrong_parts(shown, replace(TRUE, style=other)), other


def test_every_wrong_background_is_found():
    backgrounds = [Background(kind, 'yellow', 'pink') for kind in TWO_COLOURED]
    backgrounds += [Background(kind, 'pink', 'yellow') for kind in TWO_COLOURED]
    backgrounds += [Background(kind, '') for kind in PAINTED] + [Background('plain', 'yellow')]
    for true, shown in permutations(backgrounds, 2):
        picture = draw_scenes([replace(TRUE, background=shown)])[0]
        assert not background_right(picture, replace(TRUE, background=true)), (true, shown)


def test_greys_hide_colours_but_not_shades():
    true = Scene(Background('plain', 'white'), (Thing('heart', 'red'),), 'monochrome')
    assert wrong_parts(true.with_thing(0, Thing('heart', 'purple')), true) == []
    assert wrong_parts(true.with_thing(0, Thing('heart', 'black')), true) == ['colours']


def test_views_are_judged():
    scene = replace(TRUE, things=(TRUE.things[0], replace(TRUE.things[1], fill='dotted')))
    first = scene.things[0]
    wrong = [scene.with_thing(0, replace(first, **change)) for change in ({'kind': 'tree'}, {'size': 'big'})]
    wrong += [replace(scene, things=scene.things[1:]), replace(scene, things=())]
    for kind in VIEWS:
        true = View(scene, kind)
        assert judge_view(draw_views([true])[0], true, RULES.kinds), kind
        for shown in wrong:
            assert not judge_view(draw_views([View(shown, kind)])[0], true, RULES.kinds), (kind, shown)
        for other in VIEWS:
            if other != kind:
                assert not judge_view(draw_views([View(scene, other)])[0], true, RULES.kinds), (kind, other)


def test_views_of_the_wrong_order_or_colour_are_found():
    turned = replace(TRUE, things=TRUE.things[::-1])
    assert not judge_view(draw_views([View(turned, 'depth')])[0], View(TRUE, 'depth'), RULES.kinds)
    green = TRUE.with_thing(0, Thing('heart', 'green', 'left'))
    assert not judge_view(draw_views([View(green, 'low-res')])[0], View(TRUE, 'low-res'), RULES.kinds)
    empty = View(replace(TRUE, things=()), 'edges')
    assert judge_view(draw_views([empty])[0], empty, RULES.kinds)
    assert not judge_view(draw_views([View(TRUE, 'edges')])[0], empty, RULES.kinds)


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
