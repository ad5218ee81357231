"""A training's time budget: the schedule follows the clock, so a run ends when it was promised to."""

from __future__ import annotations

import math
import time


class Clock:
    """Counts seconds of training over all resumed pieces, and the steps.

    The rate follows the share of the budget that is spent, not the steps: on a shared machine a step's time varies.
    """

    def __init__(self, budget: float) -> None:
        self.budget = budget
        self.spent = 0.0
        self.step = 0
        self._began = 0.0

    def start(self) -> None:
        """Starts this piece; `spent` holds what earlier pieces took."""
        self._began = time.monotonic()

    @property
    def now(self) -> float:
        """Seconds of training so far."""
        return self.spent + (time.monotonic() - self._began if self._began else 0.0)

    @property
    def share(self) -> float:
        """0..1 of the budget."""
        return min(1.0, self.now / self.budget)

    @property
    def over(self) -> bool:
        return self.now >= self.budget

    def rate(self, warmup: int, floor: float = 0.02) -> float:
        """Factor of the peak learning rate: linear warm-up over `warmup` steps, then cosine to `floor`."""
        cosine = floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * self.share))
        return min(1.0, (self.step + 1) / warmup) * cosine
