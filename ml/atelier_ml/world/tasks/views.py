"""Low-level analysis of a picture, and its inverse, controllable generation."""

from __future__ import annotations

import random
from collections.abc import Callable

from ..captions import content
from ..example import Example
from ..mentions import addressed, asked
from ..rules import WorldRules
from ..sampling import random_scene
from ..unit import Say, Unit, UnitImage
from ..view import View

_ANALYSIS = {
    'edges': (
        'find the edges',
        'show the edges',
        'make an edge map',
        'detect the edges of {image}',
        'make an edge map of {image}',
        'the edges of {image}',
        'extract the edges',
        'turn {image} into an edge map',
    ),
    'scribble': (
        'make a scribble of it',
        'draw the scribble',
        'turn {image} into a scribble',
        'a rough scribble of {image}',
        'sketch it as a scribble',
        'show the scribble of {image}',
        'scribble {image}',
        'extract a scribble',
    ),
    'segmentation': (
        'segment it',
        'segment {image}',
        'make a segmentation map',
        'make a segmentation map of {image}',
        'show the segmentation',
        'the segmentation of {image}',
        'turn it into a segmentation map',
        'segment the objects',
    ),
    'depth': (
        'make a depth map',
        'make a depth map of {image}',
        'show the depth',
        'estimate the depth of {image}',
        'the depth of {image}',
        'turn it into a depth map',
        'extract the depth map',
        'how deep is {image}',
    ),
    'low-res': (
        'make it low resolution',
        'show a low resolution copy',
        'lower the resolution of {image}',
        'reduce the resolution',
        'a low resolution copy of {image}',
        'turn {image} into a low resolution picture',
        'show it in low resolution',
    ),
}
_SOURCE = {
    'edges': ('edges', 'edge map'),
    'scribble': ('scribble', 'rough scribble'),
    'segmentation': ('segmentation', 'segmentation map'),
    'depth': ('depth', 'depth map'),
    'low-res': ('low resolution picture', 'low resolution image'),
}


def analysis_words(kind: str) -> Say:
    """Wordings that ask for the view `kind` (one of `VIEWS` except the first)."""
    return lambda rng: rng.choice(_ANALYSIS[kind])


def analysis(kind: str) -> Callable[[random.Random, WorldRules], Example]:
    """The view `kind` (one of `VIEWS`) of a picture."""

    def make(rng: random.Random, rules: WorldRules) -> Example:
        scene = random_scene(rng, rules, rng.choices((1, 2, 3), (0.5, 0.4, 0.1))[0], 'flat')
        return Example(kind, (Unit(asked(analysis_words(kind)), (UnitImage(View(scene)),)),), View(scene, kind))

    return make


def controlled(kind: str) -> Callable[[random.Random, WorldRules], Example]:
    """The picture for a given view, with a description of everything else."""

    def make(rng: random.Random, rules: WorldRules) -> Example:
        scene = random_scene(rng, rules, rng.choices((1, 2, 3), (0.5, 0.4, 0.1))[0], 'flat')

        def say(rng: random.Random) -> str:
            text, source = content(rng, scene), rng.choice(_SOURCE[kind])
            texts = (
                f'{text}, from the {source}',
                f'{text} from the {source} {{image}}',
                f'draw {text} with the {source} of {{image}}',
                f'use the {source} {{image}}: {text}',
                f'follow the {source}: {text}',
                f'turn the {source} into {text}',
                f'make a picture from the {source} {{image}}: {text}',
            )
            # Descriptions are long, so no image is mentioned around them.
            return addressed(rng, rng.choice(texts), 0.0)

        return Example(f'from-{kind}', (Unit(say, (UnitImage(View(scene, kind)),)),), View(scene))

    return make
