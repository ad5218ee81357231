"""Random sources of scenes. Training and test draw from disjoint sets of seeds by construction: even and odd."""

from __future__ import annotations

import random
from typing import Literal

Split = Literal['train', 'test']


def scene_seed(split: Split, index: int) -> int:
    """Seed of the `index`-th scene (≥ 0) of a split: even for training, odd for test, so that no index can mix them."""
    if index < 0:
        raise ValueError(f'index must not be negative, got {index}')
    return 2 * index + (1 if split == 'test' else 0)


def scene_random(split: Split, index: int) -> random.Random:
    """The random source that a scene, its edits and its words are drawn from."""
    return random.Random(scene_seed(split, index))
