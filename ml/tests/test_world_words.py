import random
from dataclasses import replace

import pytest

from atelier_ml.training.config import RunConfig
from atelier_ml.world.captions import caption
from atelier_ml.world.edits import EDITS, edited_scene
from atelier_ml.world.mentions import addressed, indicator
from atelier_ml.world.rules import WorldRules
from atelier_ml.world.sampling import random_scene
from atelier_ml.world.scene import Background, Scene, Thing
from atelier_ml.world.seeds import scene_random, scene_seed
from atelier_ml.world.words import referred

RULES = RunConfig.load('nano').world


def test_test_scenes_are_never_training_scenes():
    training = {scene_seed('train', index) for index in range(5000)}
    testing = {scene_seed('test', index) for index in range(5000)}
    assert not training & testing
    assert {seed % 2 for seed in training} == {0} and {seed % 2 for seed in testing} == {1}
    with pytest.raises(ValueError, match='negative'):
        scene_seed('test', -1)


def test_captions_name_everything_that_is_there():
    for index in range(500):
        rng = scene_random('train', index)
        scene = random_scene(rng, RULES)
        text = caption(rng, scene)
        for thing in scene.things:
            assert f'{thing.colour} {thing.kind}' in text
            assert thing.fill == 'plain' or any(word in text for word in ('stripe', 'dot', 'spot'))
        if scene.background.kind == 'plain' and scene.background.colour not in ('white', 'blue'):
            assert scene.background.colour in text


def test_articles_agree():
    rng = random.Random(0)
    scene = Scene(Background('plain', 'orange'), (Thing('star', 'yellow'),))
    texts = {caption(rng, scene) for _ in range(200)}
    assert any('an orange background' in text for text in texts)
    assert not any('a orange' in text for text in texts)


@pytest.mark.parametrize('task', EDITS)
def test_every_edit_changes_what_it_says_and_nothing_else(task):
    for index in range(60):
        rng = scene_random('train', index)
        before, edit = edited_scene(rng, RULES, task)
        after, text = edit.after, edit.say(rng)
        if task in ('background', 'day-night'):
            assert after.things == before.things and after.background != before.background
        elif task == 'style':
            assert replace(after, style=before.style) == before and after != before
        elif task == 'add':
            assert after.things[:-1] == before.things and after.things[-1].kind in text
        elif task == 'remove':
            assert len(after.things) == len(before.things) - 1 and set(after.things) < set(before.things)
        else:
            field = {'recolour': 'colour', 'replace': 'kind', 'move': 'spot', 'resize': 'size'}[task]
            old, new = before.things[edit.thing], after.things[edit.thing]
            assert getattr(old, field) != getattr(new, field)
            assert after == before.with_thing(edit.thing, replace(old, **{field: getattr(new, field)}))
            assert field in ('size', 'spot') or getattr(new, field) in text


def test_a_reference_fits_one_thing_only():
    rng = random.Random(1)
    things = (Thing('star', 'red', 'left'), Thing('star', 'blue', 'right'))
    names = {referred(rng, things[0], things) for _ in range(100)}
    assert names == {'the red star', 'the red one'}
    twins = (Thing('star', 'red', 'left'), Thing('star', 'red', 'right'))
    assert all('left' in referred(rng, twins[0], twins) for _ in range(20))


def test_image_names_are_the_frame_s():
    rng = random.Random(2)
    texts = [addressed(rng, 'make it green') for _ in range(200)]
    assert indicator(0) == '{image}' and indicator(3) == '{image3}'
    with_name = [text for text in texts if '{' in text]
    assert 50 < len(with_name) < 110 and all('{image}' in text for text in with_name)
    assert all('make it green' in text for text in texts)


def test_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match='dodecahedron'):
        WorldRules.from_json({'kinds': ['dodecahedron'], 'heldOut': [], 'counts': {}, 'backgrounds': {}})
