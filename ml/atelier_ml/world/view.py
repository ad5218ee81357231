"""Views of a scene: the picture itself, or the result of an analysis of it."""

from __future__ import annotations

from dataclasses import dataclass

from .scene import Scene

VIEWS = ('picture', 'edges', 'scribble', 'segmentation', 'depth', 'low-res')


@dataclass(frozen=True)
class View:
    """`kind`: one of `VIEWS`. All but `picture` are derived from the drawn scene and its things."""

    scene: Scene
    kind: str = 'picture'
