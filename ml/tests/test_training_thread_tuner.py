import os

import torch

from atelier_ml.training import thread_tuner


def test_a_step_that_compiles_does_not_choose_the_threads(monkeypatch):
    threads, now = torch.get_num_threads(), [0.0]
    monkeypatch.setattr(os, 'sched_getaffinity', lambda _: {0, 1})
    monkeypatch.setattr(thread_tuner.time, 'monotonic', lambda: now[0])
    try:
        tuner = thread_tuner.ThreadTuner()
        chosen = []
        for seconds in (2, 2, 2, 2, 2, 30, 1, 1, 1, 1, 1):
            chosen.append(torch.get_num_threads())
            now[0] += seconds
            tuner.step()
        assert chosen == [1] * 5 + [2] * 6
    finally:
        torch.set_num_threads(threads)
