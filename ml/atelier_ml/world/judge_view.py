"""Judges analyses: edges, scribbles, segmentations, depth maps and low-resolution images."""

from __future__ import annotations

from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor

from .draw_views import draw_views
from .judge import judge
from .palette import COLOUR_NAMES
from .scene import SIZES, Scene
from .view import VIEWS, View

_OFF_AT_MOST = 0.05
"""Maximum mean difference (0..1) from the expected view …"""
_SHARE_AT_MOST = 0.6
"""… and as a fraction of the error of a view without any things, so that nearly empty views have to show them."""
_EMPTY_OFF_AT_MOST = 0.01
"""The limit for empty views."""


def judge_view(picture: Tensor, expected: View, kinds: tuple[str, ...]) -> bool:
    """Whether a picture `[3, h, w]` (−1..1) is the expected view.

    It must be close to it, and closer than to the view of any scene in which one thing has another kind (of `kinds`) or
    size (in `low-res` also another colour), is missing, or has swapped its place in the order, and than to any other
    view of the scene. Pictures are compared after averaging over 3 × 3 pixels, which tolerates half a pixel.
    """
    if expected.kind == 'picture':
        return judge(picture, expected.scene, kinds).passed
    scene = expected.scene
    scenes = [scene, replace(scene, things=()), *_alternatives(scene, kinds, coloured=expected.kind == 'low-res')]
    views = [View(option, expected.kind) for option in scenes]
    views += [View(scene, kind) for kind in VIEWS if kind != expected.kind]
    drawn = _smoothed(draw_views(views, picture.shape[-1]))
    true, empty = drawn[0], drawn[1]
    errors = (drawn - _smoothed(picture[None])).abs().mean((1, 2, 3)) / 2
    blank = (true - empty).abs().mean().item() / 2
    limit = min(_OFF_AT_MOST, max(_EMPTY_OFF_AT_MOST, _SHARE_AT_MOST * blank))
    # Other kinds can look the same after 8× downscaling, and other orders where things do not overlap.
    apart = (drawn - true).abs().mean((1, 2, 3)) > 1e-6
    return errors[0].item() <= limit and not bool((errors[apart] <= errors[0]).any())


def _alternatives(scene: Scene, kinds: tuple[str, ...], coloured: bool) -> list[Scene]:
    found = []
    for index, thing in enumerate(scene.things):
        found += [scene.with_thing(index, replace(thing, kind=kind)) for kind in kinds if kind != thing.kind]
        found += [scene.with_thing(index, replace(thing, size=size)) for size in SIZES if size != thing.size]
        found.append(replace(scene, things=(*scene.things[:index], *scene.things[index + 1 :])))
        if coloured:
            found += [scene.with_thing(index, replace(thing, colour=c)) for c in COLOUR_NAMES if c != thing.colour]
        if index:
            things = list(scene.things)
            things[index - 1 : index + 1] = things[index], things[index - 1]
            found.append(replace(scene, things=tuple(things)))
    return found


def _smoothed(pictures: Tensor) -> Tensor:
    return F.avg_pool2d(pictures, 3, stride=1, padding=1, count_include_pad=False)
