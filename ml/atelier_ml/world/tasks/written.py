"""Written words: creating pictures with one, adding one, removing one."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from ..captions import caption
from ..contrast import clashing_colours
from ..example import Example
from ..mentions import asked
from ..palette import COLOUR_NAMES
from ..rules import WorldRules
from ..sampling import random_scene
from ..scene import SPOTS, Scene
from ..unit import Say, Unit, UnitImage
from ..view import View
from ..word import LETTERS, LONGEST, WORD_SPOTS, Word
from ..words import written_words

_STYLES = ('flat', 'outline', 'neon', 'monochrome')
"""Styles in which letters stay readable."""


def create_word(rng: random.Random, rules: WorldRules) -> Example:
    """A picture with a written word, from text alone."""
    _, scene = _scenes(rng, rules)
    return Example('create-word', (Unit(lambda rng: caption(rng, scene)),), View(scene))


def add_word(rng: random.Random, rules: WorldRules) -> Example:
    """Writes a word into a picture."""
    before, after = _scenes(rng, rules)
    verbs = ('write', 'write', 'add', 'put')
    return _edit('add-word', lambda rng: f'{rng.choice(verbs)} {written_words(rng, after.word)}', before, after)


def remove_word(rng: random.Random, rules: WorldRules) -> Example:
    """Removes the word from a picture."""
    after, before = _scenes(rng, rules)
    verbs = ('remove', 'delete', 'erase', 'take away', 'get rid of', 'wipe out')
    names = ('the word', 'the text', 'the writing', 'the letters', f'the word "{before.word.text.lower()}"')
    return _edit('remove-word', lambda rng: f'{rng.choice(verbs)} {rng.choice(names)}', before, after)


WRITTEN: dict[str, Callable[[random.Random, WorldRules], Example]] = {
    'create-word': create_word,
    'add-word': add_word,
    'remove-word': remove_word,
}
"""Tasks of worlds with written words."""


def _edit(task: str, say: Say, before: Scene, after: Scene) -> Example:
    return Example(task, (Unit(asked(say), (UnitImage(View(before)),)),), View(after))


def _scenes(rng: random.Random, rules: WorldRules) -> tuple[Scene, Scene]:
    """A scene of one thing with room for a word, and the same scene with one."""
    while True:
        scene = random_scene(rng, rules, 1)
        thing = scene.things[0]
        spots = [spot for spot in WORD_SPOTS if _clear(thing.spot, thing.size, spot)]
        colours = [name for name in COLOUR_NAMES if name not in clashing_colours(scene.background, scene.style)]
        if scene.style in _STYLES and spots and colours:
            text = ''.join(rng.choices(LETTERS, k=rng.randint(1, LONGEST)))
            return scene, replace(scene, word=Word(text, rng.choice(colours), rng.choice(spots)))


def _clear(spot: str, size: str, word_spot: str) -> bool:
    """Whether a thing at `spot` leaves room for the word."""
    height = SPOTS[spot][1]
    return size != 'big' if height == 0.5 else (height < 0.5) == (word_spot == 'bottom')
