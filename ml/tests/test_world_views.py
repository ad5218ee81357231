import random
from dataclasses import replace

import pytest
import torch

from atelier_ml.world.draw import draw_scenes
from atelier_ml.world.draw_images import draw_regions
from atelier_ml.world.draw_views import KIND_COLOURS, draw_views
from atelier_ml.world.region import Region
from atelier_ml.world.region_sampling import random_outside, random_region
from atelier_ml.world.scene import SPOTS, STYLES, Background, Scene, Thing, radius_of
from atelier_ml.world.shapes import SHAPES
from atelier_ml.world.view import VIEWS, View

PAIR = Scene(
    Background('night', ''), (Thing('square', 'red', 'left'), Thing('star', 'yellow', 'right', fill='dotted')), 'soft'
)


def test_views_are_in_range_and_differ():
    views = [View(PAIR, kind) for kind in VIEWS]
    pictures = draw_views(views)
    assert pictures.shape == (6, 3, 64, 64)
    assert pictures.min() >= -1 and pictures.max() <= 1
    distances = torch.cdist(pictures.flatten(1), pictures.flatten(1), p=1) / pictures[0].numel()
    distances.fill_diagonal_(1)
    assert distances.min() > 0.02
    assert torch.equal(pictures[0], draw_scenes([PAIR])[0])
    for view, picture in zip(views, pictures, strict=True):
        assert torch.allclose(draw_views([view])[0], picture)


def test_analyses_do_not_depend_on_the_style_or_the_colours():
    plain = Scene(Background(), tuple(replace(thing, colour='blue', fill='plain') for thing in PAIR.things))
    for kind in ('edges', 'scribble', 'segmentation', 'depth'):
        first, *others = draw_views([View(scene, kind) for scene in (plain, *(replace(PAIR, style=s) for s in STYLES))])
        assert all(torch.equal(first, other) for other in others)


def test_edges_are_white_lines_and_scribbles_black_ones():
    scene = Scene(Background('plain', 'red'), (Thing('square', 'blue', 'centre', 'big'),))
    edges, scribble = draw_views([View(scene, 'edges'), View(scene, 'scribble')])
    assert (edges[0, 32] > 0).sum() == 4, 'two lines of two pixels'
    assert 3 <= (scribble[0, 32] < 0).sum() <= 7
    assert edges[0, 32, 32] == -1 and scribble[0, 32, 32] == 1


def test_no_lines_where_something_lies_on_top():
    below, above = Thing('square', 'red', 'centre', 'big'), Thing('circle', 'blue', 'centre', 'big', dx=0.2)
    edges = draw_views([View(Scene(Background(), (below, above)), 'edges')])[0, 0]
    inside = (draw_views([View(Scene(Background(), (replace(above, grow=0.75),)), 'depth')])[0, 0]) > -0.2
    assert (edges[inside] < 0).all()


def test_segmentations_have_a_colour_for_every_kind():
    assert KIND_COLOURS.keys() == SHAPES.keys()
    colours = torch.tensor([(0, 0, 0), *KIND_COLOURS.values()]).float()
    distances = torch.cdist(colours, colours)
    distances.fill_diagonal_(999)
    assert distances.min() > 70
    picture = draw_views([View(Scene(Background(), (Thing('circle', 'blue'),)), 'segmentation')])[0]
    assert torch.allclose(picture[:, 32, 32], torch.tensor(KIND_COLOURS['circle']) / 127.5 - 1)
    assert (picture[:, 0, 0] == -1).all()


def test_depth_follows_the_order():
    spots = [(32, 17), (32, 46)]
    forward, backward = draw_views([View(replace(PAIR, things=t), 'depth') for t in (PAIR.things, PAIR.things[::-1])])
    assert [forward[0, y, x] < forward[0, b, a] for (y, x), (b, a) in [spots]] == [True]
    assert backward[0, 32, 17] > backward[0, 32, 46] > backward[0, 0, 0]


def test_low_res_has_eight_times_fewer_pixels():
    picture = draw_views([View(PAIR, 'low-res')])[0]
    blocks = picture.unfold(1, 8, 8).unfold(2, 8, 8)
    assert torch.equal(blocks.amax((3, 4)), blocks.amin((3, 4)))
    with pytest.raises(ValueError, match='multiple of 8'):
        draw_views([View(PAIR, 'low-res')], 36)


def test_regions_are_hard_masks():
    box, ellipse, outside = draw_regions(
        [
            Region(0.25, 0.25, 0.75, 0.5),
            Region(0, 0, 1, 1, 'ellipse'),
            Region(0.25, 0.25, 0.75, 0.5, outside=True),
        ]
    )
    assert box.sum() == 32 * 16 and box[16, 16] == 1 and box[15, 16] == 0
    assert torch.equal(outside, 1 - box)
    assert ellipse[0, 0] == 0 and abs(ellipse.mean().item() - 0.785) < 0.01


def test_random_regions_cover_their_thing():
    rng = random.Random(0)
    for spot, (x, y) in SPOTS.items():
        thing = Thing('square', 'red', spot, 'big')
        cover = draw_scenes([Scene(Background('plain', 'black'), (thing,))])[0, 0] > -0.8
        for _ in range(20):
            mask = draw_regions([random_region(rng, (x, y, radius_of(spot, 'big')))])[0]
            assert (mask[cover] == 1).all()


def test_free_regions_and_outpainting_leave_much_of_the_picture():
    rng = random.Random(0)
    for _ in range(50):
        free, outside = draw_regions([random_region(rng), random_outside(rng)])
        assert 0.08 < free.mean() < 0.4
        assert 0.4 < outside.mean() < 0.8
