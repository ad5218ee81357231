"""A written word: one to three letters at the top or the bottom of a picture."""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
LONGEST = 3
"""Maximum number of letters."""
WORD_SPOTS = ('top', 'bottom')


@dataclass(frozen=True)
class Word:
    """`text`: capital letters; `spot`: one of `WORD_SPOTS`. Words look the same in every style that has them."""

    text: str
    colour: str
    spot: str = 'bottom'
