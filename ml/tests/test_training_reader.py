import pytest
import torch

from atelier_ml.training.config import RunConfig
from atelier_ml.training.networks import new_text_encoder
from atelier_ml.training.token_labels import token_labels
from atelier_ml.training.token_reader import TokenReader, word_vectors
from atelier_ml.training.tokenizer import load_tokenizer, train_tokenizer
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
    return token_labels([image], KINDS, 4)[0].view(4, 4, 5)[..., :2]


def test_patches_say_what_stands_there():
    picture = scene(Thing('circle', 'red', 'top left'), Thing('star', 'blue', 'bottom right'))
    seen = labels(UnitImage(View(picture)))
    assert seen[0, 0].tolist() == [2, RED] and seen[3, 3].tolist() == [3, BLUE]
    assert seen[0, 3].tolist() == [1, WHITE] and seen[1, 2].tolist() == [1, WHITE]


def test_patches_say_size_fill_and_style():
    picture = scene(Thing('circle', 'red', 'top left', 'big', fill='dotted'), style='neon')
    corner = token_labels([UnitImage(View(picture))], KINDS, 4)[0].view(4, 4, 5)[..., 2:]
    assert corner[0, 0].tolist() == [3, 3, 5] and corner[3, 3].tolist() == [0, 0, 5]
    sketch = token_labels([UnitImage(View(picture, 'edges'))], KINDS, 4)[0].view(4, 4, 5)
    assert sketch[0, 0].tolist() == [2, 0, 3, 0, 0]
    mosaic = token_labels([UnitImage(View(scene(Thing('star', 'red'), style='pixel')))], KINDS, 4)[0].view(4, 4, 5)
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


@pytest.fixture
def reader():
    torch.manual_seed(1)
    return TokenReader(24, torch.eye(len(COLOUR_NAMES))[:2], torch.eye(len(COLOUR_NAMES)))


def test_questions_that_do_not_apply_cost_nothing(reader):
    hidden = [torch.randn(2, 32, 24) for _ in range(3)]
    nothing = torch.zeros(2, 2, 16, 5, dtype=torch.uint8)
    assert reader(*hidden, nothing, 1).item() == 0
    told = nothing.clone()
    told[:, 0] = 1
    of_target = reader(*hidden, told, 1)
    assert of_target.item() > 0
    changed = [hidden[0].clone(), hidden[1].clone(), hidden[2].clone()]
    changed[2][:, 16:] += 1
    assert torch.equal(reader(*changed, told, 1), of_target)


def test_whether_a_patch_changes_can_be_learned(reader):
    draws = torch.Generator().manual_seed(2)
    optimiser = torch.optim.Adam(reader.parameters(), 0.02)
    for _ in range(150):
        both = torch.randint(1, 3, (16, 2, 16, 5), generator=draws, dtype=torch.uint8)
        differs = (both[:, 0] != both[:, 1]).any(-1).float()
        hidden = torch.randn(16, 32, 24, generator=draws)
        hidden[:, 16:, 0] = 4 * differs - 2
        loss = reader._changes(hidden[:, 16:], both[:, 1], both[:, 0])
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    assert loss.item() < 0.1


def test_word_vectors_tell_the_words_apart(tmp_path):
    config = RunConfig.load('nano')
    train_tokenizer(tmp_path / 'tokenizer.json', config.world, examples=40)
    tokenizer = load_tokenizer(tmp_path / 'tokenizer.json')
    torch.manual_seed(0)
    kinds, colours = word_vectors(new_text_encoder(config, tokenizer).eval(), tokenizer, config.world.kinds)
    assert kinds.shape == (14, 192) and colours.shape == (len(COLOUR_NAMES), 192)
    for table in (kinds, colours):
        likeness = table @ table.T
        assert torch.allclose(likeness.diagonal(), torch.ones(len(table)), atol=1e-5)
        assert likeness.fill_diagonal_(0).max() < 0.6
