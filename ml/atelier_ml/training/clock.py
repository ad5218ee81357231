"""A training's time budget: the learning-rate schedule follows the clock, so a run ends on time."""

from __future__ import annotations

import math
import time
from collections import deque
from statistics import median

_LONGEST_STEP = 4.0
"""A step counts for at most this many median steps."""
_REMEMBERED = 64
_FEW = 8
_FIRST_STEPS = 60.0
"""Maximum seconds that each of the first few steps counts for."""


class Clock:
    """Counts seconds and steps of training across all resumed parts of a run.

    The learning rate follows the fraction of the budget spent rather than the steps, because step times vary on a
    shared machine. Time during which the process was suspended (SIGSTOP, a sleeping machine) or busy with long side
    work does not count: a step counts for a few median steps at most.
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
        """Starts timing the first step."""
        self._last = time.monotonic()

    def resume(self, spent: float, step: int, rate: float) -> None:
        """Continues after a part that ended at these seconds, steps and learning-rate factor."""
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
        """Fraction of the budget spent, 0..1."""
        return min(1.0, self.spent / self.budget) if self.budget > 0 else 1.0

    @property
    def over(self) -> bool:
        return self.spent >= self.budget

    def rate(self, warmup: int, floor: float = 0.02) -> float:
        """Factor of the peak learning rate: a cosine from 1 to `floor` over the budget.

        The first `warmup` steps approach it linearly, from zero or from the factor at which the run was resumed, so
        that a run resumed with a larger budget returns to its higher rate without a jump.
        """
        cosine = floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * self.share))
        arrived = min(1.0, (self.step - self._start_step + 1) / warmup)
        return self._start_rate + (cosine - self._start_rate) * arrived
