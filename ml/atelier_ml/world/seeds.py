"""Seeds of scenes. Training and test seeds are disjoint by construction: even and odd."""

from __future__ import annotations

import random
from typing import Literal

Split = Literal['train', 'test']


def scene_seed(split: Split, index: int) -> int:
    """Seed of the `index`-th scene (≥ 0) of a split: even for training, odd for test."""
    if index < 0:
        raise ValueError(f'index must not be negative, got {index}')
    return 2 * index + (1 if split == 'test' else 0)


def scene_random(split: Split, index: int) -> random.Random:
    """The generator from which a scene, its edits and its wordings are drawn."""
    return random.Random(scene_seed(split, index))
