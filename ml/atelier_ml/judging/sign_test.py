"""Whether two ways of running the same cases differ."""

from __future__ import annotations

import math


def sign_test(better: int, worse: int) -> float:
    """Two-sided p of the exact sign test: so uneven a split of the cases that differ would come by chance."""
    differing = better + worse
    tail = sum(math.comb(differing, k) for k in range(min(better, worse) + 1)) / 2**differing
    return min(1.0, 2 * tail)
