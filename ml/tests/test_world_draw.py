import torch

from atelier_ml.world.draw import draw_scenes
from atelier_ml.world.palette import COLOUR_NAMES, rgb
from atelier_ml.world.scene import SPOTS, Background, Scene, Thing
from atelier_ml.world.shapes import SHAPES


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
