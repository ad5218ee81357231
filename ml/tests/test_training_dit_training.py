import pytest
import torch

from atelier_ml.training.batches import draw_batch
from atelier_ml.training.dit_training import add_gradients
from atelier_ml.training.machine import Machine


def test_the_parts_of_a_batch_have_its_loss_and_gradients(pool, objective):
    # An untrained way out gives nothing behind it a gradient.
    torch.nn.init.normal_(objective.dit.final_layer.linear.weight, std=0.1)
    batch = draw_batch(pool, 'layer', 120, 0.1, torch.Generator().manual_seed(6))
    timestep, noise = torch.arange(120) * 8, torch.randn(batch.target.shape)
    loss, _ = objective(batch, timestep, noise)
    loss.backward()
    whole = [each.grad.clone() for each in objective.dit.parameters() if each.grad is not None]
    objective.zero_grad()
    passes = []
    hook = objective.register_forward_hook(lambda _, inputs, __: passes.append(len(inputs[1])))
    total = add_gradients(objective, batch, timestep, noise, Machine('cpu', bfloat16=False))
    hook.remove()
    assert sum(passes) == 120 and len(passes) > 1 and max(passes) * 16 * len(batch.segment) <= 4096
    assert total == pytest.approx(loss.item(), rel=1e-4)
    parts = [each.grad for each in objective.dit.parameters() if each.grad is not None]
    assert len(parts) == len(whole) > 20
    for own, expected in zip(parts, whole, strict=True):
        assert torch.allclose(own, expected, rtol=1e-3, atol=1e-5)
