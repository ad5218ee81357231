"""The units of a conversation: an instruction and the images it refers to."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .region import Region
from .view import View

Say = Callable[[random.Random], str]
"""Draws one of many wordings of an instruction."""


@dataclass(frozen=True)
class UnitImage:
    """An image of `view`, optionally masked. `mode`: the model sees all of it, or −1 where it is masked."""

    view: View
    region: Region | None = None
    mode: Literal['keep', 'erase'] = 'keep'


@dataclass(frozen=True)
class Unit:
    """`say` refers to the unit's own images only: `{image}` is the first, `{image1}` the second."""

    say: Say
    images: tuple[UnitImage, ...] = ()
