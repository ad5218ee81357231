import random
from dataclasses import replace

import pytest
import torch

from atelier_ml.training import target_pictures as module
from atelier_ml.training.near_miss_loss import near_miss_loss
from atelier_ml.training.picture_bytes import to_bytes, to_floats
from atelier_ml.training.target_pictures import SampledBatch, target_pictures
from atelier_ml.world.draw import draw_scenes
from atelier_ml.world.draw_views import draw_views
from atelier_ml.world.fit_jitter import fit_jitter
from atelier_ml.world.judge import judge
from atelier_ml.world.near_misses import NEAR_MISSES, near_misses
from atelier_ml.world.sampling import GROWTH, SHIFT
from atelier_ml.world.scene import STYLES, Background, Scene, Thing
from atelier_ml.world.shapes import SHAPES
from atelier_ml.world.view import View

KINDS = tuple(SHAPES)
HEART, HOUSE = Thing('heart', 'red', 'left', dx=-0.01), Thing('house', 'blue', 'right', dx=0.01)
SCENE = Scene(Background('plain', 'white'), (HEART, HOUSE))


@pytest.mark.parametrize('style', STYLES)
def test_a_new_thing_is_found_where_it_was_drawn(style):
    scene = replace(SCENE, style=style)
    drawn = scene.with_thing(0, replace(HEART, dx=0.008, dy=-0.012, grow=1.05))
    found = fit_jitter(scene, [0], draw_scenes([drawn])[0])
    there, true = found.things[0], drawn.things[0]
    # Blocks of four pixels show little of a shift of less than one.
    near = 0.012 if style == 'pixel' else 0.003
    assert abs(there.dx - true.dx) < near and abs(there.dy - true.dy) < near
    assert abs(there.grow - true.grow) < 4 * near
    assert found == scene.with_thing(0, there), 'nothing else moved'


def test_no_thing_leaves_what_the_world_draws():
    far = SCENE.with_thing(0, replace(HEART, dx=0.05, dy=0.05, grow=0.8))
    found = fit_jitter(SCENE, [0], draw_scenes([far])[0]).things[0]
    assert 0.01 < found.dx <= SHIFT == found.dy and found.grow == pytest.approx(1 - GROWTH)


@pytest.mark.parametrize('style', STYLES)
def test_near_misses_differ_in_one_thing_or_in_the_style(style):
    scene = replace(SCENE, style=style)
    misses = near_misses(random.Random(1), scene, [1], KINDS)
    assert len(misses) == NEAR_MISSES
    *things, styled = misses
    assert styled.style != style and styled.things == scene.things
    for miss in things:
        assert sum(now != then for now, then in zip(miss.things, scene.things, strict=True)) <= 1
    drawn = draw_scenes([scene, *misses])
    apart = (drawn[1:] - drawn[0]).abs().mean((1, 2, 3))
    assert (apart[4] == 0) == (style == 'pixel'), 'its blocks hide fills'
    assert (apart[[0, 1, 2, 3, 5]] > 0.002).all()


def test_the_two_most_similar_kinds_are_taken_for_each_other():
    circle = Scene(Background('plain', 'white'), (Thing('circle', 'red'),))
    seven = ('circle', 'moon', 'ring', 'star', 'cross', 'tree', 'arrow')
    kinds = {miss.things[0].kind for miss in near_misses(random.Random(0), circle, [], seven)[2:4]}
    drawn = draw_scenes([circle.with_thing(0, replace(circle.things[0], kind=kind)) for kind in seven])
    apart = (drawn[1:] - drawn[0]).abs().mean((1, 2, 3))
    assert kinds == {seven[1 + place] for place in apart.argsort()[:2].tolist()}


def test_an_empty_picture_is_missed_in_its_style_alone():
    empty = replace(SCENE, things=())
    *same, styled = near_misses(random.Random(1), empty, [], KINDS)
    assert same == [empty] * (NEAR_MISSES - 1) and styled.style != 'flat'


def test_the_truth_costs_nothing_and_a_near_miss_most():
    truth = draw_scenes([SCENE])
    misses = draw_scenes(near_misses(random.Random(2), SCENE, [0], KINDS))[None]
    assert near_miss_loss(truth, truth, misses).item() == 0
    costs = [near_miss_loss(misses[:, place], truth, misses).item() for place in range(NEAR_MISSES)]
    assert min(costs) > 1.7 / NEAR_MISSES - 1e-5, 'from 1 to −1, less what is under the margin'


def test_what_cannot_be_told_from_the_truth_costs_nothing():
    truth = draw_scenes([SCENE])
    misses = truth[:, None].expand(-1, NEAR_MISSES, -1, -1, -1)
    assert near_miss_loss(torch.zeros_like(truth), truth, misses).item() == 0


def test_a_small_thing_that_shrinks_costs_as_much_as_a_big_one():
    costs = []
    for size in ('small', 'big'):
        scene = SCENE.with_thing(0, replace(HEART, size=size))
        misses = draw_scenes(near_misses(random.Random(3), scene, [0], KINDS)[:2])[None]
        shrunk = draw_scenes([scene.with_thing(0, replace(scene.things[0], grow=0.9))])
        costs.append(near_miss_loss(shrunk, draw_scenes([scene]), misses).item())
    assert costs[0] == pytest.approx(costs[1], rel=0.3) and min(costs) > 0.2


def _drawn(shown: Scene, standing: set[Thing], seed: int = 1) -> SampledBatch:
    views = [View(SCENE), View(SCENE, 'edges')]
    return SampledBatch(views, [frozenset(standing)] * 2, to_bytes(draw_scenes([shown] * 2)), KINDS, seed)


def test_the_picture_that_is_wanted_has_new_things_where_the_sampler_sees_them():
    shown = replace(SCENE, things=tuple(replace(thing, dx=-thing.dx, grow=1.04) for thing in SCENE.things))
    ((pictures, misses),) = target_pictures([_drawn(shown, {HOUSE})])
    half = SCENE.with_thing(0, shown.things[0])
    difference = (to_floats(pictures[0]) - draw_scenes([half])[0]).abs()
    assert difference.mean() < 0.01 < (to_floats(pictures[0]) - draw_scenes([SCENE])[0]).abs().mean()
    assert torch.equal(pictures[0, :, :, 40:], to_bytes(draw_scenes([SCENE]))[0, :, :, 40:]), 'the house stood there'
    assert judge(to_floats(pictures[0]), SCENE, KINDS).passed
    assert misses.shape == (2, NEAR_MISSES, 3, 64, 64) and not torch.equal(misses[0, 0], pictures[0])
    assert torch.equal(pictures[1], to_bytes(draw_views([View(SCENE, 'edges')], 64))[0])
    assert torch.equal(misses[1], pictures[1].expand(NEAR_MISSES, -1, -1, -1)), 'an analysis has none'


def test_several_processes_want_the_same(monkeypatch):
    batches = [_drawn(SCENE, set(), seed) for seed in range(4)]
    alone = target_pictures(batches)
    monkeypatch.setattr(module, '_BATCHES_A_PROCESS', 2)
    monkeypatch.setattr(module.os, 'sched_getaffinity', lambda _: {0, 1})
    together = target_pictures(batches)
    assert len(together) == 4 and not torch.equal(alone[0][1], alone[1][1])
    for one, other in zip(alone, together, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
