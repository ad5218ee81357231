"""Ends a training early, but in order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class StopSignal:
    """`asked` turns true when the process gets SIGTERM; the training then saves and ends."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, *_signal) -> None:
        self.asked = True


@contextmanager
def stop_signal() -> Iterator[StopSignal]:
    """Catches SIGTERM inside the block. Use it in the main thread only: Python delivers signals there."""
    stop = StopSignal()
    before = signal.signal(signal.SIGTERM, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)
