"""Periodic work inside a training loop."""

from __future__ import annotations

import time


class Interval:
    """Is due each time this many seconds have passed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether the interval has passed; if so, starts the next one."""
        now = time.monotonic()
        if now - self._last <= self._seconds:
            return False
        self._last = now
        return True
