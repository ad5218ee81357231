import pytest

from atelier_ml.training.clock import Clock


def test_the_rate_follows_the_clock():
    clock = Clock(100.0)
    clock.step = 1000
    clock.spent = 0.0
    assert clock.rate(10) == pytest.approx(1.0)
    clock.spent = 100.0
    assert clock.over and clock.rate(10) == pytest.approx(0.02)
