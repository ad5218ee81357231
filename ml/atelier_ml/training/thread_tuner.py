"""Chooses the number of CPU threads while other programs come and go.

On a busy machine, a step on all cores waits for its slowest thread at every operator, and one thread is faster.
"""

from __future__ import annotations

import os
import statistics
import time

import torch

_TRIAL = 5
_STAY = 60


class ThreadTuner:
    """Tries one thread and all threads for a few steps each, keeps the faster one for a while, and tries again.

    Trials are compared by their median step, because a step that compiles takes as long as ten others.
    """

    def __init__(self) -> None:
        self._options = sorted({1, len(os.sched_getaffinity(0))})
        self._seconds: dict[int, float] = {}
        self._trial = 0
        self._left = 0
        self._steps: list[float] = []
        self._began = time.monotonic()
        self._use(self._options[0])

    def step(self) -> None:
        """Call after every step."""
        if len(self._options) == 1:
            return
        now = time.monotonic()
        self._steps.append(now - self._began)
        self._began = now
        self._left -= 1
        if self._left > 0:
            return
        self._seconds[torch.get_num_threads()] = statistics.median(self._steps)
        self._trial += 1
        if self._trial < len(self._options):
            self._use(self._options[self._trial])
        elif self._trial == len(self._options):
            self._use(min(self._seconds, key=self._seconds.__getitem__), _STAY)
        else:
            self._trial = 0
            self._use(self._options[0])

    def _use(self, threads: int, steps: int = _TRIAL) -> None:
        torch.set_num_threads(threads)
        self._left = steps
        self._steps = []
        self._began = time.monotonic()
