import os
import shutil

import pytest
import torch

from atelier_ml.training.batches import draw_batch
from atelier_ml.training.machine import Machine


def test_compiled_blocks_compute_the_same(pool, objective, monkeypatch):
    torch.nn.init.normal_(objective.dit.final_layer.linear.weight, std=0.1)
    batch = draw_batch(pool, 'layer', 8, 0.0, torch.Generator().manual_seed(9))
    timestep, noise = torch.arange(8) * 120, torch.randn(batch.target.shape)

    def loss_and_gradients():
        objective.zero_grad()
        loss, _ = objective(batch, timestep, noise)
        loss.backward()
        return loss.item(), [each.grad.clone() for each in objective.dit.blocks.parameters()]

    plain, wanted = loss_and_gradients()
    (block, *_) = objective.dit.blocks
    forward, machine = block.forward, Machine('cpu', bfloat16=False)
    monkeypatch.setenv('CXX', 'no-such-compiler')
    machine.compile([block])
    assert block.forward == forward
    monkeypatch.undo()
    if shutil.which(os.environ.get('CXX', 'g++')) is None:
        pytest.skip('there is no C++ compiler to fuse with')
    machine.compile([block])
    assert block.forward != forward
    fused, got = loss_and_gradients()
    assert fused == pytest.approx(plain, rel=1e-5)
    for own, expected in zip(got, wanted, strict=True):
        assert torch.allclose(own, expected, rtol=1e-3, atol=1e-5)
