"""What a turn holds as JSON and back."""

from __future__ import annotations

from dataclasses import asdict

from ..world.region import Region
from ..world.scene import Background, Scene, Thing
from ..world.unit import UnitImage
from ..world.view import View
from ..world.word import Word


def view_to_json(view: View) -> dict:
    return asdict(view)


def view_from_json(data: dict) -> View:
    scene = data['scene']
    things = tuple(Thing(**thing) for thing in scene['things'])
    word = Word(**scene['word']) if scene['word'] else None
    return View(Scene(Background(**scene['background']), things, scene['style'], word), data['kind'])


def image_from_json(data: dict) -> UnitImage:
    region = Region(**data['region']) if data['region'] else None
    return UnitImage(view_from_json(data['view']), region, data['maskMode'])


def image_to_json(image: UnitImage) -> dict:
    region = asdict(image.region) if image.region else None
    return {'view': view_to_json(image.view), 'region': region, 'maskMode': image.mode}
