"""Switches between PyTorch operators and ONNX Runtime's fused operators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_fused: ContextVar[bool] = ContextVar('fused', default=False)


def fused_ops() -> bool:
    """True during export, when attention, norms and rotary embeddings become ONNX Runtime operators."""
    return _fused.get()


@contextmanager
def use_fused_ops() -> Iterator[None]:
    """Makes `fused_ops()` true inside the block. The operators are symbolic: they compute nothing in PyTorch."""
    token = _fused.set(True)
    try:
        yield
    finally:
        _fused.reset(token)
