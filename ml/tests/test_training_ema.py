import torch

from atelier_ml.training.ema import Ema


def test_ema_follows_and_copies_are_apart():
    module = torch.nn.Linear(2, 2)
    ema = Ema({'m': module}, 0.5)
    before = ema.copy()
    with torch.no_grad():
        module.weight.fill_(4.0)
    for _ in range(50):
        ema.update()
    assert torch.allclose(ema.copy()['m']['weight'], module.weight, atol=1e-3)
    assert not torch.allclose(before['m']['weight'], module.weight)
