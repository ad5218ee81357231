import torch

from atelier_ml.training.batches import draw_batch
from atelier_ml.training.guided_prediction import guided_prediction
from atelier_ml.training.sampled_latents import latent_image


def test_a_step_outside_of_the_interval_is_not_guided(pool, objective):
    # No layer is silent, so that the words say something.
    for parameter in objective.dit.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    batch = draw_batch(pool, 'semantic', 4, 0.0, torch.Generator().manual_seed(6))
    predict = guided_prediction(objective, batch, 4, 3.0, 0.0, unguided=[249.0])
    always = guided_prediction(objective, batch, 4, 3.0, 0.0)
    never = guided_prediction(objective, batch, 4, 1.0, 0.0)
    x = latent_image(torch.randn(batch.target.shape), 4, 2)
    with torch.no_grad():
        assert torch.equal(predict(x, 749.0), always(x, 749.0))
        assert torch.allclose(predict(x, 249.0), never(x, 249.0), atol=1e-5)
        assert not torch.allclose(always(x, 249.0), never(x, 249.0), atol=1e-3)
