"""Statistics of a row: a share of cases with its uncertainty, and whether two ways of running the cases differ."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """`passed` of `cases`."""

    passed: int
    cases: int

    @property
    def value(self) -> float:
        return self.passed / self.cases if self.cases else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson score interval, which also works near 0 and 1."""
        if not self.cases:
            return math.nan, math.nan
        z2 = 1.96**2
        centre = (self.passed + z2 / 2) / (self.cases + z2)
        spread = self.value * (1 - self.value) / self.cases + z2 / (4 * self.cases**2)
        half = 1.96 * math.sqrt(spread) / (1 + z2 / self.cases)
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f'{100 * self.value:.0f} ({100 * low:.0f}–{100 * high:.0f})'


def sign_test(better: int, worse: int) -> float:
    """Two-sided p-value of the exact sign test on the cases that differ."""
    differing = better + worse
    tail = sum(math.comb(differing, k) for k in range(min(better, worse) + 1)) / 2**differing
    return min(1.0, 2 * tail)
