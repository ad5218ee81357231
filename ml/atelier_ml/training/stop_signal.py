"""Stopping a training cleanly on SIGTERM."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class StopSignal:
    """`asked` becomes true when the process receives SIGTERM; the training then saves and stops."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, *_signal) -> None:
        self.asked = True


@contextmanager
def stop_signal() -> Iterator[StopSignal]:
    """Catches SIGTERM inside the block. Main thread only, since Python handles signals there."""
    stop = StopSignal()
    before = signal.signal(signal.SIGTERM, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)
