import pytest
import torch

from atelier_ml.model.config import VaeConfig
from atelier_ml.model.vae import Vae
from atelier_ml.training.config import RunConfig
from atelier_ml.training.networks import new_objective
from atelier_ml.training.pool import padded
from atelier_ml.training.tokenizer import tokenise


@pytest.mark.parametrize(('name', 'most'), [('nano', 7.1e6), ('mini', 21e6)])
def test_configs_make_networks_of_the_promised_size(tokenizer, name, most):
    config = RunConfig.load(name)
    objective = new_objective(config, tokenizer)
    weights = [*objective.parameters(), *Vae(VaeConfig.from_dict(config.vae)).parameters()]
    assert sum(weight.numel() for weight in weights) <= most
    assert config.dit['max_seq_len'] == config.grid**2


def test_a_new_text_encoder_tells_word_order(tokenizer):
    torch.manual_seed(0)
    objective = new_objective(RunConfig.load('nano'), tokenizer)
    ids, lengths = padded(tokenise(tokenizer, ['red star blue', 'blue star red'], 4), 4)
    hidden = objective.text_encoder(ids, torch.ones_like(ids))
    assert lengths.tolist() == [4, 4]
    # The word in the middle is the same, its neighbours have changed places.
    assert (hidden[0, 1] - hidden[1, 1]).abs().mean() > 0.2
