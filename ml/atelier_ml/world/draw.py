"""Draws batches of scenes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .backgrounds import draw_backgrounds, pixel_grid
from .distances import distances
from .draw_words import draw_words
from .palette import rgb, second_tone
from .scene import Scene, Thing
from .styles import FINISHES, LINE_STYLES, darkened

LINE = 1 / 32
"""Width of contours as a fraction of the side: two pixels of 64, which survive 8× downscaling in an autoencoder."""
_GLOW = 3 / 32
"""Radius of the glow around neon lines, as a fraction of the side."""
_PERIOD = 1 / 8
"""Period of stripes and dots as a fraction of the side: the same for all sizes, so that small things show it too."""
_DOT = 0.036


def draw_scenes(scenes: Sequence[Scene], side: int = 64, device: torch.device | str = 'cpu') -> Tensor:
    """Draws scenes as a float tensor `[n, 3, side, side]`, −1..1, edges smoothed over one pixel."""
    pictures = draw_backgrounds([scene.background for scene in scenes], side, device)
    neon = [index for index, scene in enumerate(scenes) if scene.style == 'neon']
    if neon:
        pictures[neon] = darkened(pictures[neon])
    for layer in range(max((len(scene.things) for scene in scenes), default=0)):
        indices = [index for index, scene in enumerate(scenes) if layer < len(scene.things)]
        if len(indices) == len(scenes):
            _draw_layer(pictures, scenes, layer)
        else:
            part = pictures[indices]
            _draw_layer(part, [scenes[index] for index in indices], layer)
            pictures[indices] = part
    written = [index for index, scene in enumerate(scenes) if scene.word]
    if written:
        words = [scene.word for scene in scenes if scene.word]
        paint = torch.tensor([rgb(word.colour) for word in words], device=pictures.device)[:, :, None, None]
        pictures[written] = torch.lerp(pictures[written], paint, draw_words(words, side, device)[:, None])
    for style, finish in FINISHES.items():
        indices = [index for index, scene in enumerate(scenes) if scene.style == style]
        if indices:
            pictures[indices] = finish(pictures[indices])
    return pictures


def contours(distance: Tensor) -> Tensor:
    """Lines along the inner side of outlines, 0..1, from distances in pixels `[n, side, side]`."""
    half = LINE * distance.shape[-1] / 2
    return (0.5 + half - (distance + half).abs()).clamp(0, 1)


def _draw_layer(pictures: Tensor, scenes: Sequence[Scene], layer: int) -> None:
    """Draws one thing onto each picture `[n, 3, side, side]`."""
    side, device = pictures.shape[-1], pictures.device
    things = [scene.things[layer] for scene in scenes]
    distance = distances(things, side, device)
    cover = (0.5 - distance).clamp(0, 1)
    colours = torch.tensor([rgb(thing.colour) for thing in things], device=device)[:, :, None, None]

    lined = [index for index, scene in enumerate(scenes) if scene.style in LINE_STYLES]
    filled = [index for index, thing in enumerate(things) if thing.fill != 'plain']
    patterns = pattern([things[index] for index in filled], side, device) if filled else None
    inside = cover[filled]
    if lined:
        cover[lined] = contours(distance[lined])
    glowing = [index for index, scene in enumerate(scenes) if scene.style == 'neon']
    if glowing:
        pictures[glowing] = _lit(pictures[glowing], colours[glowing], distance[glowing])
    paint = colours.expand(-1, -1, side, side)
    if patterns is not None:
        paint = paint.clone()
        hatched = [row for row, index in enumerate(filled) if scenes[index].style in LINE_STYLES]
        solid = [row for row, index in enumerate(filled) if scenes[index].style not in LINE_STYLES]
        if hatched:
            at = [filled[row] for row in hatched]
            cover[at] = torch.maximum(cover[at], inside[hatched] * patterns[hatched])
        if solid:
            at = [filled[row] for row in solid]
            tones = torch.tensor([second_tone(things[index].colour) for index in at], device=device)[:, :, None, None]
            paint[at] = torch.lerp(paint[at], tones.expand(-1, -1, side, side), patterns[solid][:, None])
    pictures.lerp_(paint, cover[:, None].expand(-1, 3, -1, -1))


def _lit(pictures: Tensor, colours: Tensor, distance: Tensor) -> Tensor:
    """The glow around neon lines: strongest at the line, fading to zero at `_GLOW`."""
    side = pictures.shape[-1]
    light = 0.6 * (1 - (distance + LINE * side / 2).abs() / (_GLOW * side)).clamp(min=0) ** 2
    return pictures + (colours - pictures) * light[:, None]


def pattern(things: Sequence[Thing], side: int, device: torch.device | str = 'cpu') -> Tensor:
    """Where striped and dotted things show their second tone, `[n, side, side]`, 0..1. The pattern moves with the
    thing."""
    centres = torch.tensor([thing.place[:2] for thing in things], device=device)
    dotted = torch.tensor([thing.fill == 'dotted' for thing in things], device=device)[:, None, None]
    grid = pixel_grid(side, device)
    x = (grid - centres[:, :1])[:, None, :]
    y = (grid - centres[:, 1:])[:, :, None]
    stripes = 0.5 - (_folded(y) - _PERIOD / 4) * side
    spots = 0.5 - (torch.hypot(_folded(x), _folded(y)) - _DOT) * side
    return torch.where(dotted, spots, stripes.expand(-1, -1, side)).clamp(0, 1)


def _folded(distance: Tensor) -> Tensor:
    """Distance to the nearest multiple of the period."""
    return (distance - (distance / _PERIOD).round() * _PERIOD).abs()
