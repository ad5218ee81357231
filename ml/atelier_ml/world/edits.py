"""Edits of whole scenes, and the table of all edits."""

from __future__ import annotations

import random
from dataclasses import replace

from .contrast import visible
from .edit import Change, Edit
from .element_edits import add, move, recolour, remove, replace_kind, resize
from .rules import WorldRules
from .sampling import random_background, random_scene, weighted
from .scene import STYLES, Background, Scene
from .words import background_noun, style_words


def change_background(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """A different background, on which all things are visible."""
    avoid = frozenset(thing.colour for thing in scene.things)
    background = random_background(rng, rules, avoid, scene.style)
    after = replace(scene, background=background)
    if background == scene.background or not visible(after):
        return None

    def say(rng: random.Random) -> str:
        noun = background_noun(rng, background)
        texts = [f'put it on {noun}', f'change the background to {noun}', f'replace the background with {noun}']
        if background.kind == 'plain':
            colour = background.colour
            texts += [f'make the background {colour}'] * 2
            texts += [f'turn the background {colour}', f'change the background to {colour}', f'{colour} background']
            texts += [f'change the background colour to {colour}', f'paint the background {colour}']
            texts += [f'give it {noun}', f'use {noun}']
        elif background.kind == 'night':
            texts += ['make it night', 'turn it into night', f'put it in {noun}']
        elif background.kind == 'day':
            texts += ['make it day', 'turn it into day', f'put it in {noun}']
        else:
            texts += [f'use {noun} as background', f'give it {noun}']
        return rng.choice(texts)

    return Edit('background', say, after)


def change_style(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """A different style; None if the image does not show what that style would (colours, fills)."""
    lost = scene.style == 'monochrome' or any(thing.fill != 'plain' for thing in scene.things)
    style = rng.choice([name for name in STYLES if name in rules.styles and name != scene.style] or [scene.style])
    after = replace(scene, style=style)
    shrunk = style == 'pixel' and any(thing.size == 'small' for thing in scene.things)
    if (scene.style != 'flat' and lost) or shrunk or style == scene.style or not scene.things or not visible(after):
        return None

    def say(rng: random.Random) -> str:
        words = style_words(rng, style)
        name = {'pixel': 'pixel art', 'flat': 'flat', 'outline': 'outline'}.get(style, style)
        return rng.choice(
            (
                f'draw it {words}',
                f'make it {words}',
                f'redraw it {words}',
                f'show it {words}',
                f'paint it {words}',
                f'change the style to {name}',
                f'make the style {name}',
                f'turn it into {name} style',
                f'use {name} style',
            )
        )

    return Edit('style', say, after)


def day_night(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit | None:
    """Day to night, or night to day; None for other backgrounds."""
    if scene.background.kind not in ('day', 'night'):
        return None
    kind = 'night' if scene.background.kind == 'day' else 'day'
    after = replace(scene, background=Background(kind, ''))
    if not visible(after):
        return None

    def say(rng: random.Random) -> str:
        return rng.choice(
            (
                f'make it {kind}',
                f'turn it into {kind}',
                f'change {scene.background.kind} to {kind}',
                f'turn {scene.background.kind} into {kind}',
                f'it should be {kind}',
                f'show it {"at night" if kind == "night" else "by day"}',
                f'the same {"at night" if kind == "night" else "by day"}',
            )
        )

    return Edit('day-night', say, after)


EDITS: dict[str, Change] = {
    'recolour': recolour,
    'background': change_background,
    'add': add,
    'remove': remove,
    'replace': replace_kind,
    'move': move,
    'resize': resize,
    'style': change_style,
    'day-night': day_night,
}
"""Task → its edit. An edit returns None if it does not apply to the scene."""

EDIT_WEIGHTS = {
    'recolour': 0.22, 'background': 0.2, 'add': 0.16, 'remove': 0.13, 'replace': 0.12, 'move': 0.07, 'resize': 0.05,
    'style': 0.05,
}  # fmt: skip
"""Weights of edits within conversations."""


def random_edit(rng: random.Random, scene: Scene, rules: WorldRules) -> Edit:
    """An edit that applies to the scene, drawn by weight."""
    while True:
        edit = EDITS[weighted(rng, EDIT_WEIGHTS)](rng, scene, rules)
        if edit is not None:
            return edit


def edited_scene(rng: random.Random, rules: WorldRules, task: str) -> tuple[Scene, Edit]:
    """A scene of one or two things, and an edit of it for the task."""
    while True:
        scene = random_scene(rng, rules, rng.choice((1, 2)))
        if task == 'day-night':
            scene = replace(scene, background=Background(rng.choice(('day', 'night')), ''))
            if not visible(scene):
                continue
        edit = EDITS[task](rng, scene, rules)
        if edit is not None:
            return scene, edit
