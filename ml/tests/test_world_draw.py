from dataclasses import replace
from itertools import combinations
from math import hypot

import pytest
import torch

from atelier_ml.training.config import RunConfig
from atelier_ml.world.contrast import clashing_colours, visible
from atelier_ml.world.draw import draw_scenes
from atelier_ml.world.palette import COLOUR_NAMES, rgb
from atelier_ml.world.rules import WorldRules
from atelier_ml.world.sampling import random_scene
from atelier_ml.world.scene import BACKGROUNDS, CORNERS, FILLS, SPOTS, STYLES, Background, Scene, Thing
from atelier_ml.world.seeds import scene_random
from atelier_ml.world.shapes import SHAPES

RULES = RunConfig.load('nano').world


def test_every_kind_is_drawn_in_its_colour_on_its_background():
    for kind in SHAPES:
        picture = draw_scenes([Scene(Background('plain', 'white'), (Thing(kind, 'red', 'centre', 'big'),))])[0]
        assert torch.allclose(picture[:, 0, 0], torch.tensor(rgb('white')))
        red = (picture - torch.tensor(rgb('red'))[:, None, None]).abs().amax(0) < 0.01
        assert 0.08 < red.float().mean() < 0.6, kind


def test_kinds_look_different():
    scenes = [Scene(Background('plain', 'black'), (Thing(kind, 'white', 'centre', 'big'),)) for kind in SHAPES]
    pictures = draw_scenes(scenes).flatten(1)
    distances = torch.cdist(pictures, pictures, p=1) / pictures.shape[1]
    distances.fill_diagonal_(1.0)
    assert distances.min() > 0.04


def test_things_lie_where_their_spot_is():
    for spot, (x, y) in SPOTS.items():
        picture = draw_scenes([Scene(Background('plain', 'black'), (Thing('circle', 'white', spot),))])[0, 0] > 0
        rows, columns = picture.nonzero().float().mean(0).tolist()
        assert abs(columns - x * 64 + 0.5) < 1 and abs(rows - y * 64 + 0.5) < 1, spot


def test_nothing_is_cut_off_at_the_rim():
    for spot in SPOTS:
        picture = draw_scenes(
            [Scene(Background('plain', 'black'), (Thing('square', 'white', spot, 'big', grow=1.06),))]
        )[0]
        rim = torch.cat((picture[:, 0], picture[:, -1], picture[:, :, 0], picture[:, :, -1]), dim=1)
        assert (rim < 0).all(), spot


def test_a_batch_draws_what_single_scenes_draw():
    scenes = [
        Scene(Background('night', ''), (Thing('moon', 'yellow'),)),
        Scene(Background('gradient', 'red', 'white'), (Thing('star', 'blue', 'left'), Thing('fish', 'green', 'right'))),
        Scene(Background('meadow', '')),
        Scene(Background('plain', 'pink'), (Thing('house', 'brown', 'top left'),)),
    ]
    together = draw_scenes(scenes, 32)
    for scene, picture in zip(scenes, together, strict=True):
        assert torch.equal(draw_scenes([scene], 32)[0], picture)


def test_colours_can_be_told_apart():
    colours = torch.tensor([rgb(name) for name in COLOUR_NAMES])
    distances = torch.cdist(colours, colours)
    distances.fill_diagonal_(9)
    assert distances.min() > 0.5


def test_every_style_and_fill_and_background_shows():
    thing = Thing('heart', 'red', 'centre', 'big')
    plain = Background('plain', 'white')
    for scenes in (
        [Scene(plain, (thing,), style) for style in STYLES],
        [Scene(plain, (replace(thing, fill=fill),), style) for style in ('flat', 'outline') for fill in FILLS],
        [Scene(Background(kind, 'red', '' if kind == 'plain' else 'blue')) for kind in BACKGROUNDS],
    ):
        pictures = draw_scenes(scenes).flatten(1)
        assert pictures.min() >= -1 and pictures.max() <= 1
        distances = torch.cdist(pictures, pictures, p=1) / pictures.shape[1]
        distances.fill_diagonal_(1.0)
        assert distances.min() > 0.015


def test_outlines_show_the_background_inside():
    picture = draw_scenes([Scene(Background('plain', 'white'), (Thing('square', 'red', 'centre', 'big'),), 'outline')])[
        0
    ]
    assert torch.allclose(picture[:, 32, 32], torch.tensor(rgb('white')))
    line = (picture[1, 32] < 0).sum()
    assert line == 4, 'two lines of two pixels'


def test_monochrome_pictures_are_grey_and_mosaics_are_blocks():
    things = (Thing('star', 'red', 'left'), Thing('tree', 'green', 'right', fill='striped'))
    grey, mosaic = draw_scenes([Scene(Background('day', ''), things, style) for style in ('monochrome', 'pixel')])
    assert torch.equal(grey[0], grey[1]) and torch.equal(grey[0], grey[2])
    blocks = mosaic.unfold(1, 4, 4).unfold(2, 4, 4)
    assert torch.equal(blocks.amax((3, 4)), blocks.amin((3, 4)))
    with pytest.raises(ValueError, match='multiple of 16'):
        draw_scenes([Scene(Background(), things, 'pixel')], 40)


def test_things_of_random_scenes_can_be_seen_and_do_not_overlap():
    for index in range(600):
        scene = random_scene(scene_random('train', index), RULES, style=STYLES[index % 6])
        assert visible(scene), scene
        for first, second in combinations([thing.place for thing in scene.things], 2):
            assert hypot(first[0] - second[0], first[1] - second[1]) > 0.85 * (first[2] + second[2])


def test_what_cannot_be_seen_in_a_style_clashes():
    red = Background('plain', 'red')
    assert 'purple' not in clashing_colours(red)
    assert 'purple' in clashing_colours(red, 'monochrome')
    assert 'black' in clashing_colours(red, 'neon')
    assert 'red' not in clashing_colours(Background('plain', 'pink'))
    assert 'red' in clashing_colours(Background('plain', 'pink'), 'flat', 'striped')
    assert 'orange' in clashing_colours(Background('gradient', 'red', 'yellow'))


def test_rules_name_what_they_do_not_know():
    data = {'kinds': ['star'], 'backgrounds': {'plain': 1}, 'counts': {'1': 1}, 'heldOut': []}
    assert WorldRules.from_json(data).styles == {'flat': 1.0}
    with pytest.raises(ValueError, match='has no oily'):
        WorldRules.from_json({**data, 'styles': {'oily': 1}})
    with pytest.raises(ValueError, match='0 to 4'):
        WorldRules.from_json({**data, 'counts': {'5': 1}})
    with pytest.raises(ValueError, match='has no huge'):
        WorldRules.from_json({**data, 'sizes': {'huge': 1}})


def test_sizes_are_drawn_by_the_rules():
    small = replace(RULES, sizes={'small': 1.0}, own_sizes=1.0, styles={'flat': 1.0})
    assert WorldRules.from_json({**RunConfig.load('nano').raw['world'], 'sizes': {'small': 1}}).sizes == {'small': 1}
    for index in range(60):
        (alone,) = random_scene(scene_random('train', index), small, count=1).things
        pair = random_scene(scene_random('train', index), small, count=2).things
        assert alone.size == 'small'
        # A pair of the centre and a corner has sizes that fit.
        assert any(thing.spot in CORNERS for thing in pair) or {thing.size for thing in pair} == {'small'}
