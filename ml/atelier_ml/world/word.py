"""A written word: one to three letters along the top or the bottom of a picture."""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
LONGEST = 3
"""Letters in the longest word."""
WORD_SPOTS = ('top', 'bottom')


@dataclass(frozen=True)
class Word:
    """`text`: capital letters; `spot`: one of `WORD_SPOTS`. Words are plain letters in every style that has any."""

    text: str
    colour: str
    spot: str = 'bottom'
