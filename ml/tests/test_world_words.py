import random

import pytest

from atelier_ml.training.config import RunConfig
from atelier_ml.world.captions import caption
from atelier_ml.world.chains import chain_words, random_chain
from atelier_ml.world.edits import EDITS, random_edit
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


def test_a_scene_is_always_the_same():
    assert random_chain('train', 7, RULES).scenes == random_chain('train', 7, RULES).scenes
    assert random_chain('train', 7, RULES).first != random_chain('test', 7, RULES).first


def test_training_never_shows_what_is_held_out():
    seen = {
        (thing.colour, thing.kind)
        for index in range(3000)
        for scene in random_chain('train', index, RULES).scenes
        for thing in scene.things
    }
    assert RULES.held_out and not seen & RULES.held_out
    assert len(seen) == 10 * len(RULES.kinds) - len(RULES.held_out)


def test_things_can_always_be_seen():
    for index in range(1500):
        for scene in random_chain('train', index, RULES).scenes:
            assert all(thing.colour not in scene.background.clashes for thing in scene.things)


def test_captions_name_everything_that_is_there():
    for index in range(500):
        rng = scene_random('train', index)
        scene = random_scene(rng, RULES)
        text = caption(rng, scene)
        for thing in scene.things:
            assert f'{thing.colour} {thing.kind}' in text
        if scene.background.kind == 'plain' and scene.background.colour not in ('white', 'blue'):
            assert scene.background.colour in text


def test_articles_agree():
    rng = random.Random(0)
    scene = Scene(Background('plain', 'orange'), (Thing('star', 'yellow'),))
    texts = {caption(rng, scene) for _ in range(200)}
    assert any('an orange background' in text for text in texts)
    assert not any('a orange' in text for text in texts)


def test_every_edit_changes_what_it_says_and_nothing_else():
    counts = dict.fromkeys(EDITS, 0)
    for index in range(1500):
        rng = scene_random('train', index)
        before = random_scene(rng, RULES)
        edit = random_edit(rng, before, RULES)
        counts[edit.task] += 1
        after, text = edit.after, edit.say(rng)
        if edit.task == 'background':
            assert after.things == before.things and after.background != before.background
            continue
        assert after.background == before.background
        if edit.task == 'recolour':
            assert after.things[edit.thing].colour in text
            assert after.things[edit.thing].kind == before.things[edit.thing].kind
        elif edit.task == 'replace':
            assert after.things[edit.thing].kind in text
            assert after.things[edit.thing].colour == before.things[edit.thing].colour
        elif edit.task == 'add':
            assert after.things[:-1] == before.things and after.things[-1].kind in text
        else:
            assert len(after.things) == len(before.things) - 1 and set(after.things) < set(before.things)
    assert min(counts.values()) > 50


def test_a_reference_fits_one_thing_only():
    rng = random.Random(1)
    things = (Thing('star', 'red', 'left'), Thing('star', 'blue', 'right'))
    names = {referred(rng, things[0], things) for _ in range(100)}
    assert names == {'the red star', 'the red one'}
    twins = (Thing('star', 'red', 'left'), Thing('star', 'red', 'right'))
    assert all('left' in referred(rng, twins[0], twins) for _ in range(20))


def test_image_names_are_the_frame_s():
    rng = random.Random(2)
    texts = [addressed(rng, 'make it green', 1) for _ in range(200)]
    assert indicator(0) == '{image}' and indicator(3) == '{image3}'
    with_name = [text for text in texts if '{' in text]
    assert 40 < len(with_name) < 100 and all('{image1}' in text for text in with_name)
    assert all('make it green' in text for text in texts)


def test_chain_words_fit_their_turn():
    words = chain_words(random.Random(4), random_chain('train', 3, RULES))
    assert len(words.captions) == 3
    assert '{image1}' not in words.one + words.two


def test_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match='dodecahedron'):
        WorldRules.from_json({'kinds': ['dodecahedron'], 'heldOut': [], 'counts': {}, 'backgrounds': {}})
