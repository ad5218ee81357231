"""Which word a picture shows."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from .draw import draw_scenes
from .draw_words import word_rows
from .palette import COLOUR_NAMES
from .scene import Scene
from .word import LETTERS, LONGEST, WORD_SPOTS, Word


def word_right(picture: Tensor, expected: Scene) -> bool:
    """Whether no other word is as near to a picture `[3, h, w]` as the expected one, nor none at all; true without one.

    Tried are all other letters at each place, one letter less and one more, all other colours, and the other spot.
    Colours that look the same in the style (`monochrome`) are not told apart.
    """
    word = expected.word
    if word is None:
        return True
    side = picture.shape[-1]
    rows = torch.zeros(side, dtype=torch.bool)
    for spot in WORD_SPOTS:
        rows[word_rows(spot, side)] = True
    drawn = draw_scenes([replace(expected, word=option) for option in (word, None, *_others(word))], side)[:, :, rows]
    errors = (drawn - picture[:, rows]).abs().mean((1, 2, 3))
    apart = (drawn - drawn[0]).abs().mean((1, 2, 3)) > 1e-3
    return not bool((errors[apart] <= errors[0]).any())


def _others(word: Word) -> list[Word]:
    texts = [word.text[:-1], *(word.text[:place] + letter + word.text[place + 1 :]
             for place in range(len(word.text)) for letter in LETTERS)]  # fmt: skip
    texts += [word.text + letter for letter in LETTERS if len(word.text) < LONGEST]
    options = [replace(word, text=text) for text in texts if text and text != word.text]
    options += [replace(word, colour=colour) for colour in COLOUR_NAMES if colour != word.colour]
    return options + [replace(word, spot=spot) for spot in WORD_SPOTS if spot != word.spot]
