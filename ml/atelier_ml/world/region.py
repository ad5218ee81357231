"""The region of an image that a mask covers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """A box or an ellipse in a box, as fractions of the side; `outside` masks everything else (outpainting)."""

    left: float
    top: float
    right: float
    bottom: float
    shape: str = 'box'
    outside: bool = False
