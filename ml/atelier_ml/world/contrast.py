"""Which colours are visible on which background and in which style, found by drawing both."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from .draw import draw_scenes
from .palette import COLOUR_NAMES, rgb, second_tone
from .scene import Background, Scene
from .styles import LINE_STYLES, greyed

_SIDE = 32
_NEAR = 0.54
"""Distance of two colours (−1..1 a channel) below which they look alike …"""
_NEAR_FOR_LINES = 0.7
"""… and below which a thin line is hard to see."""
_SHARE = 0.1
"""A colour clashes with a background if more than this fraction of the background looks like it."""


@cache
def clashing_colours(background: Background, style: str = 'flat', fill: str = 'plain') -> frozenset[str]:
    """Colours that a thing with this fill must not have, because it would be invisible on the background."""
    pixels = draw_scenes([Scene(background, (), style)], _SIDE)[0].flatten(1).T
    lines = style in LINE_STYLES
    near = _NEAR_FOR_LINES if lines else _NEAR
    lost = _lost(pixels, [rgb(name) for name in COLOUR_NAMES], style, near)
    if fill != 'plain' and not lines:
        lost |= _lost(pixels, [second_tone(name) for name in COLOUR_NAMES], style, near)
    return background.clashes | {name for name, gone in zip(COLOUR_NAMES, lost.tolist(), strict=True) if gone}


def visible(scene: Scene) -> bool:
    """Whether every thing of a scene stands out from its background in the scene's style."""
    return all(
        thing.colour not in clashing_colours(scene.background, scene.style, thing.fill) for thing in scene.things
    )


def _lost(pixels: Tensor, colours: list[tuple[float, float, float]], style: str, near: float) -> Tensor:
    """For each colour, whether too much of the background `[pixels, 3]` looks like it."""
    shown = torch.tensor(colours)
    if style == 'monochrome':
        shown = greyed(shown[:, :, None, None])[:, :, 0, 0]
    return (torch.cdist(shown, pixels) < near).float().mean(1) > _SHARE
