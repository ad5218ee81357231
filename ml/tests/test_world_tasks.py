import random

import pytest
import torch

from atelier_ml.training.config import RunConfig
from atelier_ml.world import distances
from atelier_ml.world.draw_images import draw_images, draw_marks
from atelier_ml.world.draw_views import draw_views
from atelier_ml.world.judge_example import judge_example
from atelier_ml.world.mentions import renamed
from atelier_ml.world.tasks import TASKS, random_example, tasks_in

RULES = RunConfig.load('nano').world


def drawn(task, count, split='test'):
    return [random_example(task, split, 7_000_000 + index, RULES) for index in range(count)]


def few_kinds(example):
    """The kinds that an example is about and two more: the judge draws every kind in every colour."""
    views = [example.target, *(image.view for image in example.units[-1].images)]
    return tuple(dict.fromkeys(('star', 'house', *(thing.kind for view in views for thing in view.scene.things))))


@pytest.mark.parametrize('task', TASKS)
def test_the_true_picture_passes_and_a_copy_of_the_input_does_not(task):
    (example,) = drawn(task, 1)
    kinds, images = few_kinds(example), example.units[-1].images[:1]
    assert judge_example(draw_views([example.target])[0], example, kinds)
    if images:
        assert not judge_example(draw_images(images, 64)[0], example, kinds)


@pytest.mark.parametrize('task', TASKS)
def test_an_example_is_always_the_same_and_can_be_said_in_many_ways(task):
    first, again = drawn(task, 1)[0], drawn(task, 1)[0]
    assert (first.layout, first.target, first.before) == (again.layout, again.target, again.before)
    assert [unit.images for unit in first.units] == [unit.images for unit in again.units]
    rng = random.Random(0)
    texts = [first.say(rng) for _ in range(60)]
    assert len({said[-1] for said in texts}) >= 6
    for said in texts:
        for text, unit in zip(said, first.units, strict=True):
            named = [index for index in range(10) if renamed('{image}', index) in text]
            assert all(index < len(unit.images) for index in named), text
            assert '<' not in text and 'None' not in text


@pytest.mark.parametrize('task', TASKS)
def test_training_never_shows_what_is_held_out(task):
    for example in drawn(task, 30, 'train'):
        views = [example.target, *(image.view for unit in example.units for image in unit.images)]
        shown = {(thing.colour, thing.kind) for view in views for thing in view.scene.things}
        assert not shown & RULES.held_out


def test_repainting_leaves_what_is_outside_its_mask():
    for example in (*drawn('inpaint', 20), *drawn('outpaint', 10)):
        (image,) = example.units[-1].images
        outside = draw_marks([image.region], 64)[0] == 0
        before, after, seen = *draw_views([image.view, example.target]), draw_images([image], 64)[0]
        assert 0 < outside.float().mean() < 1
        assert ((before - after).abs().mean(0) * outside).mean() < 0.01
        assert bool((seen[:, ~outside] == -1).all()) == (image.mode == 'erase')


def test_names_are_those_of_the_sequence():
    assert renamed('put {image1} into {image}', 3) == 'put {image4} into {image3}'


def test_a_spoilt_surrounding_fails():
    example = next(e for e in drawn('inpaint', 10) if e.target.scene.things)
    picture = draw_views([example.target])[0]
    outside = draw_marks([example.units[-1].images[0].region], 64)[0] == 0
    spoilt = torch.where(outside, -picture, picture)
    kinds = few_kinds(example)
    assert judge_example(picture, example, kinds) and not judge_example(spoilt, example, kinds)


def test_pictures_are_drawn_on_the_device_that_is_asked_for():
    examples = [example for task in tasks_in(RULES) for example in drawn(task, 6)]
    images = [image for example in examples for unit in example.units for image in unit.images]
    distances._table.cache_clear()
    # What is made without a word about the device lands on meta, and cannot be mixed with numbers.
    torch.set_default_device('meta')
    try:
        pictures = draw_images(images, 32, 'cpu')
    finally:
        torch.set_default_device(None)
    assert torch.equal(pictures, draw_images(images, 32))
