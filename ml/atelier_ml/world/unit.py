"""What a conversation is made of: units of an instruction and the images that it is about."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .region import Region
from .view import View

Say = Callable[[random.Random], str]
"""Draws one of many wordings."""


@dataclass(frozen=True)
class UnitImage:
    """What `view` shows, with a mask or none. `mode`: the model sees all of it, or it is −1 where masked."""

    view: View
    region: Region | None = None
    mode: Literal['keep', 'erase'] = 'keep'


@dataclass(frozen=True)
class Unit:
    """`say` names the unit's own images only: `{image}` is its first, `{image1}` its second."""

    say: Say
    images: tuple[UnitImage, ...] = ()
