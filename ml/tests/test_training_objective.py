from dataclasses import replace

import pytest
import torch

from atelier_ml.training.auxiliary_heads import AuxiliaryHeads
from atelier_ml.training.batches import draw_batch


def test_the_objective_is_the_weighted_error_of_the_velocity(pool, objective):
    batch = draw_batch(pool, 'semantic', 6, 0.0, torch.Generator().manual_seed(4))
    noise = torch.randn(batch.target.shape)
    timestep = torch.full((6,), 500)
    loss, error = objective(batch, timestep, noise)
    # An untrained network says zero.
    velocity = objective.alphas[500] * noise - objective.sigmas[500] * batch.target
    assert torch.isclose(error, velocity.square().mean(), rtol=1e-5)
    assert torch.isclose(loss, error * objective.weights[500], rtol=1e-5)
    assert (objective.weights <= 1).all() and (objective.weights[600:] == 1).all() and objective.weights[20] < 0.1


def test_auxiliary_losses_are_added_by_their_weight(pool, objective):
    objective.heads = AuxiliaryHeads(48, torch.eye(32)[:4], torch.eye(32)[4:8])
    batch = draw_batch(pool, 'semantic', 6, 0.0, torch.Generator().manual_seed(4))
    batch = replace(batch, labels=batch.labels[..., :1].clamp(max=3).expand(-1, -1, -1, 5).contiguous())
    noise, timestep = torch.randn(batch.target.shape), torch.full((6,), 500)
    losses = []
    for weight in (0, 0.1, 0.2):
        objective.auxiliary_weight = weight
        loss, error = objective(batch, timestep, noise)
        losses.append((loss - error * objective.weights[500]).item())
    assert losses[0] == pytest.approx(0, abs=1e-6) and losses[1] > 0.01
    assert losses[2] == pytest.approx(2 * losses[1], rel=1e-4)
