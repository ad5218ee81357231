"""Scenes as JSON and back."""

from __future__ import annotations

from dataclasses import asdict

from ..world.scene import Background, Scene, Thing


def scene_to_json(scene: Scene) -> dict:
    return asdict(scene)


def scene_from_json(data: dict) -> Scene:
    return Scene(Background(**data['background']), tuple(Thing(**thing) for thing in data['things']))
