"""Draws views of scenes: the image itself and its analyses (edges, depth …)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .backgrounds import pixel_grid
from .distances import distances
from .draw import contours, draw_scenes
from .scene import Scene, Thing
from .view import VIEWS, View

KIND_COLOURS: dict[str, tuple[int, int, int]] = {
    'circle': (230, 25, 40),
    'square': (60, 180, 75),
    'triangle': (255, 225, 25),
    'star': (30, 90, 230),
    'heart': (245, 130, 48),
    'ring': (145, 30, 180),
    'cross': (70, 240, 240),
    'moon': (240, 50, 230),
    'house': (190, 255, 60),
    'tree': (0, 110, 110),
    'flower': (250, 190, 212),
    'fish': (150, 99, 36),
    'arrow': (255, 255, 255),
    'boat': (128, 128, 150),
}
"""The colour of every kind in a segmentation, sRGB 0..255; the background is black."""

DEPTH_LEVELS = (0.45, 0.65, 0.83, 1.0)
"""Brightness (0..1) of the first, second … thing in a depth map: things on top are brighter."""
_DEPTH_OF_BACKGROUND = 0.1
_WOBBLE = 1 / 64
"""Maximum deviation of a scribble from the outline, as a fraction of the side."""
_REDUCED = 8
"""Downscaling factor of `low-res`."""


def draw_views(views: Sequence[View], side: int = 64, device: torch.device | str = 'cpu') -> Tensor:
    """Draws views as `[n, 3, side, side]`, −1..1.

    `picture`: the scene itself. `edges`: white contours of the things on black. `scribble`: wobbly black contours on
    white. `segmentation`: things in the colours of their kinds. `depth`: the later drawn, the brighter. `low-res`: the
    picture downscaled eight times and enlarged again in blocks. All but the first and the last are independent of
    style.
    """
    pictures = torch.empty(len(views), 3, side, side, device=device)
    for kind in VIEWS:
        indices = [index for index, view in enumerate(views) if view.kind == kind]
        if indices:
            pictures[indices] = _DRAWN[kind]([views[index].scene for index in indices], side, device)
    return pictures


def _low_res(scenes: Sequence[Scene], side: int, device: torch.device | str) -> Tensor:
    if side % _REDUCED:
        raise ValueError(f'the view low-res needs a side that is a multiple of {_REDUCED}, got {side}')
    return F.interpolate(F.avg_pool2d(draw_scenes(scenes, side, device), _REDUCED), size=side, mode='nearest')


def _segmentation(scenes: Sequence[Scene], side: int, device: torch.device | str) -> Tensor:
    canvas = torch.full((len(scenes), 3, side, side), -1.0, device=device)
    for indices, things, _ in _layers(scenes):
        colours = torch.tensor([KIND_COLOURS[thing.kind] for thing in things], device=device) / 127.5 - 1
        cover = (0.5 - distances(things, side, device)).clamp(0, 1)[:, None]
        canvas[indices] = torch.lerp(canvas[indices], colours[:, :, None, None], cover)
    return canvas


def _depth(scenes: Sequence[Scene], side: int, device: torch.device | str) -> Tensor:
    canvas = torch.full((len(scenes), side, side), _DEPTH_OF_BACKGROUND, device=device)
    for indices, things, layer in _layers(scenes):
        cover = (0.5 - distances(things, side, device)).clamp(0, 1)
        canvas[indices] += (DEPTH_LEVELS[layer] - canvas[indices]) * cover
    return (canvas * 2 - 1)[:, None].expand(-1, 3, -1, -1)


def _edges(scenes: Sequence[Scene], side: int, device: torch.device | str) -> Tensor:
    return _lines(scenes, side, device, wobble=0.0) * 2 - 1


def _scribble(scenes: Sequence[Scene], side: int, device: torch.device | str) -> Tensor:
    return 1 - 2 * _lines(scenes, side, device, wobble=_WOBBLE)


def _lines(scenes: Sequence[Scene], side: int, device: torch.device | str, wobble: float) -> Tensor:
    """Contours of the things, hidden where a later thing lies on top, `[n, 3, side, side]`, 0..1."""
    canvas = torch.zeros(len(scenes), side, side, device=device)
    for indices, things, _ in _layers(scenes):
        distance = distances(things, side, device)
        if wobble:
            distance = distance + _waves(things, side, device) * wobble * side
        cover = (0.5 - distance).clamp(0, 1)
        canvas[indices] = torch.maximum(canvas[indices] * (1 - cover), contours(distance))
    return canvas[:, None].expand(-1, 3, -1, -1)


def _waves(things: Sequence[Thing], side: int, device: torch.device | str) -> Tensor:
    """The wobble of a scribble: slow waves that move with the thing, `[n, side, side]`, −1..1."""
    centres = torch.tensor([thing.place[:2] for thing in things], device=device) * 2 * math.pi
    grid = pixel_grid(side, device) * 2 * math.pi
    x, y = (grid - centres[:, :1])[:, None, :], (grid - centres[:, 1:])[:, :, None]
    return 0.5 * (torch.sin(6 * x + 3 * y + 1) + torch.sin(5 * y - 4 * x + 2))


def _layers(scenes: Sequence[Scene]) -> list[tuple[list[int], list[Thing], int]]:
    """From bottom to top: the scenes that have such a layer, and their things on it."""
    layers = []
    for layer in range(max((len(scene.things) for scene in scenes), default=0)):
        indices = [index for index, scene in enumerate(scenes) if layer < len(scene.things)]
        layers.append((indices, [scenes[index].things[layer] for index in indices], layer))
    return layers


_DRAWN = {
    'picture': draw_scenes,
    'edges': _edges,
    'scribble': _scribble,
    'segmentation': _segmentation,
    'depth': _depth,
    'low-res': _low_res,
}
