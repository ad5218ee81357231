"""In which style a picture is drawn."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from .draw import draw_scenes
from .scene import STYLES, Scene, Thing

_ALIKE = 0.001
"""Styles in which a scene looks the same but for this mean difference (0..1) are not told apart."""


def style_right(picture: Tensor, expected: Scene, found: tuple[Thing, ...]) -> bool:
    """Whether no other style is as near to a picture as the expected one.

    All styles are tried with the things as `found`, with the expected things where they were found, and as expected: a
    small displacement must not decide, nor what was seen in a wrong style. A style in which the expected scene looks
    the same is right, too.
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
    apart = (drawn[0] - drawn[0, own]).abs().mean((1, 2, 3)) / 2 >= _ALIKE
    return not bool((errors[apart] <= errors[own]).any())
