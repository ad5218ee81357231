"""Work that is due now and then, not at every step."""

from __future__ import annotations

import time


class Every:
    """Due once these seconds have passed, and then anew."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time; asking when it is begins the next wait."""
        now = time.monotonic()
        if now - self._last <= self._seconds:
            return False
        self._last = now
        return True
