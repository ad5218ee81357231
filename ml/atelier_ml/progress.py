"""The progress bar of all commands: live on a terminal, one line every half minute in a log file."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from tqdm import tqdm


def progress(work: Iterable | None, name: str, total: int | None = None) -> tqdm:
    """tqdm with the project's settings."""
    interval = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(work, desc=name, total=total, mininterval=interval, maxinterval=interval, dynamic_ncols=True)
