from atelier_ml.training.patch_labels import patch_labels
from atelier_ml.world.palette import COLOUR_NAMES
from atelier_ml.world.region import Region
from atelier_ml.world.scene import Background, Scene, Thing
from atelier_ml.world.unit import UnitImage
from atelier_ml.world.view import View

KINDS = ('circle', 'star')
RED, BLUE, WHITE = (1 + COLOUR_NAMES.index(name) for name in ('red', 'blue', 'white'))


def scene(*things, background=None, style='flat'):
    return Scene(background or Background('plain', 'white'), things, style)


def labels(image):
    return patch_labels([image], KINDS, 4)[0].view(4, 4, 5)[..., :2]


def test_patches_say_what_stands_there():
    picture = scene(Thing('circle', 'red', 'top left'), Thing('star', 'blue', 'bottom right'))
    seen = labels(UnitImage(View(picture)))
    assert seen[0, 0].tolist() == [2, RED] and seen[3, 3].tolist() == [3, BLUE]
    assert seen[0, 3].tolist() == [1, WHITE] and seen[1, 2].tolist() == [1, WHITE]


def test_patches_say_size_fill_and_style():
    picture = scene(Thing('circle', 'red', 'top left', 'big', fill='dotted'), style='neon')
    corner = patch_labels([UnitImage(View(picture))], KINDS, 4)[0].view(4, 4, 5)[..., 2:]
    assert corner[0, 0].tolist() == [3, 3, 5] and corner[3, 3].tolist() == [0, 0, 5]
    sketch = patch_labels([UnitImage(View(picture, 'edges'))], KINDS, 4)[0].view(4, 4, 5)
    assert sketch[0, 0].tolist() == [2, 0, 3, 0, 0]
    mosaic = patch_labels([UnitImage(View(scene(Thing('star', 'red'), style='pixel')))], KINDS, 4)[0].view(4, 4, 5)
    assert mosaic[1, 1, 2:].tolist() == [2, 0, 3]


def test_the_upper_thing_counts_and_the_rim_of_a_thing_does_not():
    seen = labels(UnitImage(View(scene(Thing('circle', 'red', size='big'), Thing('star', 'blue', size='small')))))
    assert seen[1, 1].tolist() == [3, BLUE] and seen[0, 1].tolist() == [2, RED]
    # A radius of 0.2 around 0.27 covers a fifth of the third column.
    assert labels(UnitImage(View(scene(Thing('circle', 'red', 'left')))))[1, 2].tolist() == [1, WHITE]


def test_what_cannot_be_seen_is_not_asked():
    thing = Thing('circle', 'red')
    assert labels(UnitImage(View(scene(thing), 'edges')))[1, 1].tolist() == [2, 0]
    assert labels(UnitImage(View(scene(thing, style='monochrome'))))[1, 1].tolist() == [2, 0]
    assert labels(UnitImage(View(scene(thing, background=Background('night')))))[0, 0].tolist() == [1, 0]
    half = UnitImage(View(scene(thing)), Region(0.0, 0.0, 0.5, 1.0), 'erase')
    assert (labels(half)[:, :2] == 0).all() and labels(half)[1, 2].tolist() == [2, RED]
    kept = UnitImage(View(scene(thing)), Region(0.0, 0.0, 0.5, 1.0))
    assert labels(kept)[1, 1].tolist() == [2, RED]
