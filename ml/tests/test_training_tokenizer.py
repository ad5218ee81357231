import json
import re

import pytest

from atelier_ml.training.config import CONFIG_FOLDER, RunConfig
from atelier_ml.training.pool import LONGEST
from atelier_ml.training.tokenizer import EOS, FIRST_NAME, INDICATORS, load_tokenizer, tokenise, train_tokenizer


def test_known_words_and_image_names_are_one_piece_each(tokenizer):
    ids = tokenise(tokenizer, ['Make {image} GREEN', 'make {image3} green'], 20)
    assert len(ids[0]) == 4 and ids[0][-1] == EOS
    assert ids[0][0] == ids[1][0] and ids[0][2] == ids[1][2]
    assert [ids[0][1], ids[1][1]] == [FIRST_NAME, FIRST_NAME + 3]
    assert [row[0] for row in tokenise(tokenizer, list(INDICATORS), 2)] == list(range(FIRST_NAME, FIRST_NAME + 10))


def test_unknown_words_become_letters_and_long_texts_keep_their_end(tokenizer):
    (zebra,) = tokenise(tokenizer, ['zebra'], 20)
    assert len(zebra) == 7
    (long,) = tokenise(tokenizer, ['red ' * 100], 20)
    assert len(long) == 20 and long[-1] == EOS


@pytest.mark.parametrize('name', ['nano', 'mini'])
def test_what_a_manifest_suggests_is_made_of_the_world_s_words(tmp_path, name):
    path = tmp_path / 'tokenizer.json'
    train_tokenizer(path, RunConfig.load(name).world, examples=40)
    words = json.loads((CONFIG_FOLDER / f'{name}.manifest.json').read_text())
    for text in (*words['examples'], *words['vocabulary']):
        # What shall be written in a picture is spelled, whatever it is.
        (pieces,) = tokenise(load_tokenizer(path), [re.sub(r' "[a-z]+"', '', text)], LONGEST)
        assert min(pieces[:-1]) >= FIRST_NAME + 10, f'{text} is not in whole words'
