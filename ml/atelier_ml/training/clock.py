"""A training's time budget: the schedule follows the clock, so a run ends when it was promised to."""

from __future__ import annotations

import math
import time
from collections import deque
from statistics import median

_LONGEST_STEP = 4.0
"""A step counts for at most this many times the median step."""
_REMEMBERED = 64
_FEW = 8
_FIRST_STEPS = 60.0
"""Most seconds that one of the first few steps counts for."""


class Clock:
    """Counts seconds of training over all resumed pieces, and the steps.

    The rate follows the share of the budget that is spent, not the steps: on a shared machine a step's time varies.
    Time in which the process stood still (SIGSTOP, a sleeping machine) is not training, nor is that of long side work:
    a step counts for a few median steps at most.
    """

    def __init__(self, budget: float) -> None:
        self.budget = budget
        self.spent = 0.0
        self.step = 0
        self._last = 0.0
        self._durations: deque[float] = deque(maxlen=_REMEMBERED)
        self._start_rate = 0.0
        self._start_step = 0

    def start(self) -> None:
        """Starts this piece; the time of the first step counts from here."""
        self._last = time.monotonic()

    def resume(self, spent: float, step: int, rate: float) -> None:
        """Goes on after a piece that ended at these seconds, steps and factor of the peak rate."""
        self.spent, self.step = spent, step
        self._start_step, self._start_rate = step, rate

    def tick(self) -> None:
        """Call after every step."""
        now = time.monotonic()
        known = len(self._durations) >= _FEW
        most = _LONGEST_STEP * median(self._durations) if known else _FIRST_STEPS
        duration = min(now - self._last, most)
        self._durations.append(duration)
        self.spent += duration
        self._last = now
        self.step += 1

    @property
    def share(self) -> float:
        """0..1 of the budget."""
        return min(1.0, self.spent / self.budget) if self.budget > 0 else 1.0

    @property
    def over(self) -> bool:
        return self.spent >= self.budget

    def rate(self, warmup: int, floor: float = 0.02) -> float:
        """Factor of the peak learning rate: a cosine from 1 to `floor` over the budget.

        The first `warmup` steps of a piece lead to it in a straight line, from zero or from where the last piece ended:
        a run that goes on with a larger budget gets its higher rate back without a jump.
        """
        cosine = floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * self.share))
        arrived = min(1.0, (self.step - self._start_step + 1) / warmup)
        return self._start_rate + (cosine - self._start_rate) * arrived
