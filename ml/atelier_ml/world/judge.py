"""Judges images by analysis-by-synthesis: an image shows whatever the nearest of all drawn alternatives shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .draw import draw_scenes
from .draw_words import word_rows
from .judge_background import background_right
from .judge_thing import judge_thing
from .palette import COLOUR_NAMES
from .scene import STYLES, Scene, Thing
from .word import LETTERS, LONGEST, WORD_SPOTS, Word

_UNCHANGED_AT_MOST = 0.04
"""Mean absolute difference (of a 0..1 range) outside the edited region that still counts as unchanged."""
_STYLES_ALIKE = 0.001
"""Styles in which a scene differs by less than this (mean, 0..1) are considered the same."""


@dataclass(frozen=True)
class Verdict:
    """What is correct: the background, each thing's kind, colour, fill, place and size, the style, and the word (true
    if none is expected)."""

    background: bool
    kinds: tuple[bool, ...]
    colours: tuple[bool, ...]
    fills: tuple[bool, ...]
    places: tuple[bool, ...]
    sizes: tuple[bool, ...]
    style: bool
    word: bool = True

    @property
    def passed(self) -> bool:
        """Whether everything is correct."""
        things = (self.kinds, self.colours, self.fills, self.places, self.sizes)
        return self.background and self.style and self.word and all(all(answers) for answers in things)


def judge(picture: Tensor, expected: Scene, kinds: tuple[str, ...]) -> Verdict:
    """Compares a picture `[3, h, w]` (−1..1) with drawings of every kind, colour, fill, size, style and background."""
    seen = [judge_thing(picture, expected, index, kinds) for index in range(len(expected.things))]
    return Verdict(
        background_right(picture, expected),
        tuple(answer.kind for answer in seen),
        tuple(answer.colour for answer in seen),
        tuple(answer.fill for answer in seen),
        tuple(answer.place for answer in seen),
        tuple(answer.size for answer in seen),
        style_right(picture, expected, tuple(answer.thing for answer in seen)),
        word_right(picture, expected),
    )


def unchanged(picture: Tensor, expected: Tensor, before: Tensor, given: Tensor | None = None) -> tuple[bool, float]:
    """Whether an edit left everything outside the edited region unchanged, and the mean difference there, 0..1.

    The edited region is where the expected picture differs from the one before, with a margin of two pixels. `given`:
    the picture that was edited, if it is not the drawn one.
    """
    outside = ~_edited_region(expected, before, 2)
    if not outside.any():
        return True, 0.0
    difference = ((picture - (expected if given is None else given)).abs() / 2).mean(0)[outside].mean().item()
    return difference <= _UNCHANGED_AT_MOST, difference


def changed_as_asked(picture: Tensor, expected: Tensor, before: Tensor) -> bool:
    """Whether the edited region is much nearer to the expected picture than to the one before."""
    inside = _edited_region(expected, before, 0)
    return bool(
        (picture - expected).abs().mean(0)[inside].mean() < 0.5 * (picture - before).abs().mean(0)[inside].mean()
    )


def _edited_region(expected: Tensor, before: Tensor, margin: int) -> Tensor:
    """`[h, w]`: where two pictures differ, extended by `margin` pixels."""
    changed = ((expected - before).abs().amax(0, keepdim=True) > 0.05).float()
    return torch.nn.functional.max_pool2d(changed, 2 * margin + 1, stride=1, padding=margin)[0] > 0


def empty_right(picture: Tensor, expected: Scene) -> bool:
    """Whether a picture that should be empty is: close to the expected background everywhere."""
    drawn = draw_scenes([expected], picture.shape[-1])[0]
    return ((picture - drawn).abs() / 2).mean(0).quantile(0.99).item() < 0.15


def style_right(picture: Tensor, expected: Scene, found: tuple[Thing, ...]) -> bool:
    """Whether no other style is as near to a picture as the expected one.

    All styles are tried with the things as `found`, with the expected things in the places found, and as expected, so
    that neither a small displacement nor a misdetection in the wrong style decides. A style in which the expected scene
    looks the same is also correct.
    """
    there = tuple(
        replace(seen, kind=thing.kind, colour=thing.colour, fill=thing.fill)
        for seen, thing in zip(found, expected.things, strict=True)
    )
    variants = dict.fromkeys((expected.things, there, found))
    scenes = [replace(expected, things=things, style=style) for things in variants for style in STYLES]
    drawn = draw_scenes(scenes, picture.shape[-1]).unflatten(0, (len(variants), len(STYLES)))
    own = STYLES.index(expected.style)
    errors = (drawn - picture).abs().mean((2, 3, 4)).amin(0)
    apart = (drawn[0] - drawn[0, own]).abs().mean((1, 2, 3)) / 2 >= _STYLES_ALIKE
    return not bool((errors[apart] <= errors[own]).any())


def word_right(picture: Tensor, expected: Scene) -> bool:
    """Whether the expected word is nearer to a picture `[3, h, w]` than any other word and than none; true without one.

    Tries every other letter in each position, one letter fewer and one more, all other colours, and the other spot.
    Colours that look the same in the style (`monochrome`) are considered equal.
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
