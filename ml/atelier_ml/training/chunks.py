"""Cuts a row of things into parts."""

from __future__ import annotations

from collections.abc import Iterable


def chunks(total: int, size: int) -> Iterable[slice]:
    """Slices that cover `range(total)`."""
    return (slice(start, min(start + size, total)) for start in range(0, total, size))
