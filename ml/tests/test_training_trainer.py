import pytest
import torch
from torch import nn

from atelier_ml.training import clock as clock_module
from atelier_ml.training import trainer as trainer_module
from atelier_ml.training.ema import Ema
from atelier_ml.training.trainer import Trainer

SETTINGS = {'minutes': 1 / 60, 'rate': 0.05, 'muonFactor': 1.0, 'warmup': 1}


@pytest.mark.parametrize(('seconds', 'between'), [(1000.0, False), (-1.0, True)])
def test_a_course_learns_and_saves(monkeypatch, seconds, between) -> None:
    # 200 updates in its second, however fast the machine is.
    now = [0.0]
    monkeypatch.setattr(clock_module.time, 'monotonic', lambda: now[0])
    monkeypatch.setattr(trainer_module, '_SAVE_EVERY', seconds)
    torch.manual_seed(0)
    line = nn.Linear(2, 1)
    ema = Ema({'line': line}, 0.5)
    trainer = Trainer('line', SETTINGS, [line], ema)
    saved = []
    for _ in trainer.updates(lambda: saved.append(trainer.step)):
        points = torch.rand(16, 2)
        loss = (line(points) - points.sum(1, keepdim=True)).square().mean()
        loss.backward()
        trainer.show(loss=loss.item())
        now[0] += 0.005
    assert saved == [*(range(1, trainer.step + 1) if between else ()), trainer.step]
    assert trainer.clock.over and loss.item() < 0.05 and ema.updates == trainer.step

    later = Trainer('line', SETTINGS | {'minutes': 1}, [line])
    later.load({**trainer.state(), 'something': 'else'})
    assert later.counters == {'step': trainer.step, 'seconds': 1} and later.clock.share < 0.1
