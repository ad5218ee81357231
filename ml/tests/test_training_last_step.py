import torch

from atelier_ml.model.patches import patchify
from atelier_ml.training.batches import draw_batch
from atelier_ml.training.last_step_training import last_prediction
from atelier_ml.training.machine import Machine
from atelier_ml.training.sampled_latents import sampled_latents


def test_the_last_step_s_prediction_is_where_an_unguided_sampler_ends(pool, objective):
    torch.nn.init.normal_(objective.dit.final_layer.linear.weight, std=0.3)
    batch = draw_batch(pool, 'semantic', 4, 0.0, torch.Generator().manual_seed(6))
    noise = torch.randn(batch.target.shape)
    settings = {'steps': 4, 'guidance': 1.0, 'rescale': 0.0}
    (before, earlier), (end, clean) = (
        sampled_latents(objective, batch, noise, 4, settings, Machine('cpu', bfloat16=False), left) for left in (1, 0)
    )
    assert torch.equal(end, clean) and not torch.allclose(earlier, clean, atol=0.1)
    assert not torch.allclose(before, end, atol=0.1)
    predicted = last_prediction(objective, batch, patchify(before), 249)
    assert torch.allclose(predicted, end, atol=1e-4)
