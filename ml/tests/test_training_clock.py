from itertools import pairwise

import pytest

from atelier_ml.training import clock as clock_module
from atelier_ml.training.clock import Clock


def test_the_rate_follows_the_clock():
    clock = Clock(100.0)
    clock.step = 1000
    clock.spent = 0.0
    assert clock.rate(10) == pytest.approx(1.0)
    clock.spent = 100.0
    assert clock.over and clock.rate(10) == pytest.approx(0.02)


def test_a_pause_is_not_training(monkeypatch) -> None:
    times = iter([0.0, *(float(second) for second in range(1, 21)), 5000.0, 5001.0])
    monkeypatch.setattr(clock_module.time, 'monotonic', lambda: next(times))
    clock = Clock(100.0)
    clock.start()
    for _ in range(22):
        clock.tick()
    assert clock.step == 22 and clock.spent == 25.0


def test_a_longer_budget_raises_the_rate_without_a_jump() -> None:
    first = Clock(100.0)
    first.step, first.spent = 500, 90.0
    rate = first.rate(100)
    longer = Clock(1000.0)
    longer.resume(90.0, 500, rate)
    rates = []
    for longer.step in range(500, 620):
        rates.append(longer.rate(100))
    assert rates[0] == pytest.approx(rate, abs=0.02) and rates[-1] > 0.95
    assert max(later - earlier for earlier, later in pairwise(rates)) < 0.02
