"""Draws written words in a 5 × 7 bitmap font."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from .word import LETTERS, Word

_WIDTH, _HEIGHT = 5, 7
_GRID = 32
"""Blocks per side of the image: one is two pixels of 64."""
_TOP_ROW = {'top': 1, 'bottom': _GRID - 1 - _HEIGHT}
# One number per row from the top; its five bits are the pixels from left to right.
_GLYPHS = {
    'A': (14, 17, 17, 31, 17, 17, 17), 'B': (30, 17, 17, 30, 17, 17, 30), 'C': (14, 17, 16, 16, 16, 17, 14),
    'D': (30, 17, 17, 17, 17, 17, 30), 'E': (31, 16, 16, 30, 16, 16, 31), 'F': (31, 16, 16, 30, 16, 16, 16),
    'G': (14, 17, 16, 23, 17, 17, 14), 'H': (17, 17, 17, 31, 17, 17, 17), 'I': (31, 4, 4, 4, 4, 4, 31),
    'J': (7, 2, 2, 2, 2, 18, 12), 'K': (17, 18, 20, 24, 20, 18, 17), 'L': (16, 16, 16, 16, 16, 16, 31),
    'M': (17, 27, 21, 21, 17, 17, 17), 'N': (17, 25, 21, 19, 17, 17, 17), 'O': (14, 17, 17, 17, 17, 17, 14),
    'P': (30, 17, 17, 30, 16, 16, 16), 'Q': (14, 17, 17, 17, 21, 18, 13), 'R': (30, 17, 17, 30, 20, 18, 17),
    'S': (15, 16, 16, 14, 1, 1, 30), 'T': (31, 4, 4, 4, 4, 4, 4), 'U': (17, 17, 17, 17, 17, 17, 14),
    'V': (17, 17, 17, 17, 10, 10, 4), 'W': (17, 17, 17, 21, 21, 27, 17), 'X': (17, 10, 10, 4, 10, 10, 17),
    'Y': (17, 10, 10, 4, 4, 4, 4), 'Z': (31, 1, 2, 4, 8, 16, 31),
}  # fmt: skip


def draw_words(words: Sequence[Word], side: int = 64, device: torch.device | str = 'cpu') -> Tensor:
    """Where the letters are, `[n, side, side]`, 0 or 1. Raises ValueError if the side is not a multiple of 32."""
    if side % _GRID:
        raise ValueError(f'words need a side that is a multiple of {_GRID}, got {side}')
    blocks = torch.stack([_blocks(word.text, word.spot) for word in words]).to(device)
    return blocks.repeat_interleave(side // _GRID, 1).repeat_interleave(side // _GRID, 2)


def word_rows(spot: str, side: int) -> slice:
    """Rows of the image that a word at a spot may occupy, with a margin of one block."""
    block = side // _GRID
    return slice((_TOP_ROW[spot] - 1) * block, (_TOP_ROW[spot] + _HEIGHT + 1) * block)


@cache
def _blocks(text: str, spot: str) -> Tensor:
    blocks = torch.zeros(_GRID, _GRID)
    left, top = (_GRID - (len(text) * (_WIDTH + 1) - 1)) // 2, _TOP_ROW[spot]
    for place, letter in enumerate(text):
        column = left + place * (_WIDTH + 1)
        blocks[top : top + _HEIGHT, column : column + _WIDTH] = _glyph(letter)
    return blocks


@cache
def _glyph(letter: str) -> Tensor:
    assert letter in LETTERS
    return torch.tensor([[row >> _WIDTH - 1 - bit & 1 for bit in range(_WIDTH)] for row in _GLYPHS[letter]]).float()
