import random
from dataclasses import replace

import torch

from atelier_ml.training.batches import draw_batch
from atelier_ml.training.optimiser import Optimisers, orthogonalised


def test_orthogonalised_has_singular_values_near_one():
    values = torch.linalg.svdvals(orthogonalised(torch.randn(2, 24, 64)))
    assert values.min() > 0.4 and values.max() < 1.4


def test_training_steps_lower_the_error(pool, objective):
    optimiser = Optimisers([objective.dit, objective.text_encoder], 3e-3, 2.0, 0.0)
    generator = torch.Generator().manual_seed(5)
    losses = []
    for _ in range(40):
        batch = draw_batch(pool, random.Random(len(losses)).choice(('create', 'semantic')), 16, 0.1, generator)
        # One picture for all, for nothing can be learned of random ones.
        batch = replace(batch, target=torch.ones_like(batch.target))
        timestep = torch.randint(600, 1000, (len(batch.target),), generator=generator)
        loss, error = objective(batch, timestep, torch.randn(batch.target.shape, generator=generator))
        loss.backward()
        optimiser.step(1.0)
        losses.append(error.item())
    assert sum(losses[-5:]) < 0.6 * sum(losses[:5])
