import pytest
import torch

from atelier_ml.training.auxiliary_heads import AuxiliaryHeads, word_vectors
from atelier_ml.training.config import RunConfig
from atelier_ml.training.networks import new_text_encoder
from atelier_ml.training.tokenizer import load_tokenizer, train_tokenizer
from atelier_ml.world.palette import COLOUR_NAMES


@pytest.fixture
def heads():
    torch.manual_seed(1)
    return AuxiliaryHeads(24, torch.eye(len(COLOUR_NAMES))[:2], torch.eye(len(COLOUR_NAMES)))


def test_questions_that_do_not_apply_cost_nothing(heads):
    hidden = [torch.randn(2, 32, 24) for _ in range(3)]
    nothing = torch.zeros(2, 2, 16, 5, dtype=torch.uint8)
    assert heads(*hidden, nothing, 1).item() == 0
    labels = nothing.clone()
    labels[:, 0] = 1
    of_target = heads(*hidden, labels, 1)
    assert of_target.item() > 0
    changed = [hidden[0].clone(), hidden[1].clone(), hidden[2].clone()]
    changed[2][:, 16:] += 1
    assert torch.equal(heads(*changed, labels, 1), of_target)


def test_whether_a_patch_changes_can_be_learned(heads):
    generator = torch.Generator().manual_seed(2)
    optimiser = torch.optim.Adam(heads.parameters(), 0.02)
    for _ in range(150):
        both = torch.randint(1, 3, (16, 2, 16, 5), generator=generator, dtype=torch.uint8)
        differs = (both[:, 0] != both[:, 1]).any(-1).float()
        hidden = torch.randn(16, 32, 24, generator=generator)
        hidden[:, 16:, 0] = 4 * differs - 2
        loss = heads._changes(hidden[:, 16:], both[:, 1], both[:, 0])
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
