"""The part of a picture that a mask marks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """A box or an ellipse in a box, as shares of the side; `outside` marks everything but it (outpainting)."""

    left: float
    top: float
    right: float
    bottom: float
    shape: str = 'box'
    outside: bool = False
