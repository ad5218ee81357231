"""What a picture shows of a scene: the scene itself, or what an analysis of it would find."""

from __future__ import annotations

from dataclasses import dataclass

from .scene import Scene

VIEWS = ('picture', 'edges', 'scribble', 'segmentation', 'depth', 'low-res')


@dataclass(frozen=True)
class View:
    """`kind`: one of `VIEWS`. All but `picture` are derived from the drawn scene and the places of its things."""

    scene: Scene
    kind: str = 'picture'
