"""The switch between PyTorch's own operators and ONNX Runtime's fused ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_fused: ContextVar[bool] = ContextVar('fused', default=False)


def fused_ops() -> bool:
    """True while a graph is being exported: attention and rotation then become ONNX Runtime operators."""
    return _fused.get()


@contextmanager
def use_fused_ops() -> Iterator[None]:
    """Makes `fused_ops()` true inside the block. The operators compute nothing in PyTorch, they only mark the graph."""
    token = _fused.set(True)
    try:
        yield
    finally:
        _fused.reset(token)
