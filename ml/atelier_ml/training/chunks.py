"""Splitting a batch into chunks."""

from __future__ import annotations

from collections.abc import Iterable


def chunks(total: int, size: int) -> Iterable[slice]:
    """Slices of at most `size` that cover `range(total)`."""
    return (slice(start, min(start + size, total)) for start in range(0, total, size))
