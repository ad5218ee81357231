"""What the text encoder is trained on, and that it learns from it."""

import csv
import json
import random
from dataclasses import replace

import pytest
import torch

from atelier_ml.cli import main
from atelier_ml.model import TextEncoder, TextEncoderConfig
from atelier_ml.training import text_training
from atelier_ml.training.checkpoint import TEXT_FILE, TOKENIZER_FILE
from atelier_ml.training.config import RunConfig
from atelier_ml.training.networks import initialise_word_order
from atelier_ml.training.optimiser import Optimisers
from atelier_ml.training.scene_fields import PLACES, SLOTS, SceneFields
from atelier_ml.training.scene_predictor import ScenePredictor, all_fields_right, field_loss
from atelier_ml.training.text_pairs import text_pairs
from atelier_ml.training.tokenizer import FIRST_NAME, load_tokenizer, train_tokenizer
from atelier_ml.world.example import Example
from atelier_ml.world.palette import COLOUR_NAMES
from atelier_ml.world.region import Region
from atelier_ml.world.scene import FILLS, SIZES, SPOTS, STYLES, Background, Scene, Thing
from atelier_ml.world.unit import Unit, UnitImage
from atelier_ml.world.view import VIEWS, View
from atelier_ml.world.word import LETTERS, Word

RULES = RunConfig.load('nano').world
FIELDS = SceneFields(RULES.kinds, tuple(RULES.backgrounds))
PAIR = Scene(
    Background('stripes', 'white', 'blue'),
    (Thing('heart', 'red', 'left'), Thing('boat', 'green', 'right', 'big', fill='dotted')),
    'soft',
)


@pytest.fixture(scope='module')
def tokenizer_file(tmp_path_factory):
    path = tmp_path_factory.mktemp('tokenizer') / TOKENIZER_FILE
    train_tokenizer(path, RULES, examples=4)
    return path


@pytest.fixture(scope='module')
def tokenizer(tokenizer_file):
    return load_tokenizer(tokenizer_file)


def places(view, region=None):
    """Row of fields by place: the spots by name, `ground`, `style`, `word`."""
    row = FIELDS.row(view, region)
    names = [*SPOTS, 'ground', 'style', 'word']
    return {name: row[SLOTS * index : SLOTS * (index + 1)] for index, name in enumerate(names)}


def test_a_view_is_a_row_of_fields():
    seen = places(View(PAIR, 'depth'))
    assert seen['left'] == [
        1 + RULES.kinds.index('heart'),
        1 + COLOUR_NAMES.index('red'),
        1 + SIZES.index('medium'),
        1 + FILLS.index('plain'),
        0,
    ]
    assert seen['right'][2:4] == [1 + SIZES.index('big'), 1 + FILLS.index('dotted')]
    assert seen['ground'][1:3] == [1 + COLOUR_NAMES.index('white'), 1 + COLOUR_NAMES.index('blue')]
    assert seen['style'][:2] == [1 + STYLES.index('soft'), 1 + VIEWS.index('depth')]
    assert all(seen[spot] == [0] * SLOTS for spot in SPOTS if spot not in ('left', 'right'))
    assert seen['word'] == [0] * SLOTS
    written = places(View(replace(PAIR, word=Word('NO', 'blue', 'top'))))['word']
    assert written == [1 + LETTERS.index('N'), 1 + LETTERS.index('O'), 0, 1 + COLOUR_NAMES.index('blue'), 1]
    assert len(FIELDS.row(None)) == PLACES * SLOTS and not any(FIELDS.row(None))
    assert max(FIELDS.row(View(PAIR))) < FIELDS.classes


def test_a_mask_is_a_field_of_the_nearest_spot():
    box = Region(0.6, 0.3, 0.95, 0.7)
    marked = [name for name, fields in places(View(PAIR), box).items() if fields[-1]]
    assert marked == ['right']
    around = [name for name, fields in places(View(PAIR), replace(box, outside=True)).items() if fields[-1]]
    assert around == ['ground']


def test_a_conversation_s_texts_name_the_images_after_those_of_the_history(tokenizer):
    first, now, wanted = (View(replace(PAIR, style=style)) for style in ('flat', 'soft', 'neon'))
    earlier = Unit(lambda _: 'draw {image} soft', (UnitImage(first),))
    unit = Unit(lambda _: 'draw {image} neon', (UnitImage(now),))
    two = Unit(lambda _: 'put {image} into {image1}', (UnitImage(now), UnitImage(first)))
    pairs = text_pairs(
        [
            Example('alone', (unit,), wanted),
            Example('after-one', (earlier, unit), wanted),
            Example('after-two', (earlier, earlier, two), wanted),
        ],
        FIELDS,
        tokenizer,
        random.Random(0),
    )
    names = [
        [piece - FIRST_NAME for piece in row if FIRST_NAME <= piece < FIRST_NAME + 10] for row in pairs.ids.tolist()
    ]
    assert names == [[0], [1], [2, 3]]
    old, new, nothing = FIELDS.row(first), FIELDS.row(now), FIELDS.row(None)
    # The current picture first, then another of its unit or the oldest of the history.
    assert pairs.before.tolist() == [[new, nothing], [new, old], [new, old]]
    assert pairs.after.tolist() == [FIELDS.row(wanted)] * 3
    assert pairs.tasks == ('alone', 'after-one', 'after-two')


def test_what_changes_weighs_more():
    before = torch.zeros(1, PLACES * SLOTS, dtype=torch.int64)
    after = before.clone()
    after[0, 0] = 1
    logits = torch.zeros(1, PLACES, SLOTS, 3)
    logits[..., 0] = 5
    stays = field_loss(logits, before, before)
    missed = field_loss(logits, before, after)
    assert missed > 5 * stays
    assert all_fields_right(logits, before).item() and not all_fields_right(logits, after).item()


def test_the_reader_learns_which_thing_is_where(tokenizer):
    torch.manual_seed(0)
    sides = {}
    for one, other in (('circle', 'square'), ('square', 'circle')):
        for red, blue in (('red', 'blue'), ('blue', 'red')):
            scene = Scene(Background(), (Thing(one, red, 'left'), Thing(other, blue, 'right')))
            sides[f'a {red} {one} on the left and a {blue} {other} on the right'] = View(scene)
    examples = [Example('create', (Unit(lambda _, text=text: text),), view) for text, view in sides.items()]
    pairs = text_pairs(examples, FIELDS, tokenizer, random.Random(0))
    config = TextEncoderConfig(vocab=tokenizer.get_vocab_size(), width=32, layers=2, heads=2, head_dim=16, ff=64)
    encoder, predictor = TextEncoder(config), ScenePredictor(FIELDS.classes, 32, heads=2, depth=1)
    initialise_word_order(encoder)
    optimiser = Optimisers([predictor, encoder], 4e-3, 2.0, 0.0)
    longest = int(pairs.lengths.max())
    mask = torch.arange(longest)[None] < pairs.lengths[:, None]
    losses, right = [], False
    while not right and len(losses) < 300:
        logits = predictor(pairs.before, encoder(pairs.ids[:, :longest], mask.long()), ~mask)
        loss = field_loss(logits, pairs.before[:, 0], pairs.after)
        loss.backward()
        optimiser.step(1.0)
        losses.append(loss.item())
        right = all_fields_right(logits, pairs.after).all()
    # All four sentences have the same words: only their order tells the scenes apart.
    assert right and losses[-1] < 0.05 * losses[0], (len(losses), losses[-1])


def test_the_command_writes_the_encoder_and_its_marks(tokenizer_file, tmp_path, monkeypatch, capsys):
    raw = dict(RunConfig.load('nano').raw)
    raw['text'] = {'width': 16, 'layers': 1, 'heads': 2, 'head_dim': 8, 'ff': 32}
    raw['textTraining'] |= {'batch': 8, 'examples': 80}
    monkeypatch.setattr(text_training, '_ROW_EVERY', 0.0)
    config = tmp_path / 'small.json'
    config.write_text(json.dumps(raw))
    (tmp_path / TOKENIZER_FILE).write_bytes(tokenizer_file.read_bytes())
    assert main(['train-text', '--config', str(config), '--run', str(tmp_path), '--minutes', '0.005']) == 0
    state = torch.load(tmp_path / TEXT_FILE, weights_only=True)
    assert state['step'] > 0 and {'all', 'recolour', 'undo', 'outpaint'} <= set(state['right'])
    rows = list(csv.DictReader((tmp_path / 'text_losses.csv').open()))
    assert len(rows) == state['step'] and all(0 <= float(row['right']) <= 1 for row in rows)
    assert '% read correctly' in capsys.readouterr().out
