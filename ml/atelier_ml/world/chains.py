"""Chains: a scene and two edits in a row, the unit that training and the check are made of."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .captions import caption
from .edits import Edit, random_edit
from .mentions import addressed
from .rules import WorldRules
from .sampling import random_scene
from .scene import Scene
from .seeds import Split, scene_random


@dataclass(frozen=True)
class Chain:
    """`first` –(`one`)→ `one.after` –(`two`)→ `two.after`."""

    first: Scene
    one: Edit
    two: Edit

    @property
    def scenes(self) -> tuple[Scene, Scene, Scene]:
        return self.first, self.one.after, self.two.after


@dataclass(frozen=True)
class ChainWords:
    """One way to say everything about a chain.

    `captions` describe the three scenes; `one` and `two` ask for the edits with one image in the conversation;
    `two_later` asks for the second edit with the first picture there as history, so that its own image is `{image1}`.
    """

    captions: tuple[str, str, str]
    one: str
    two: str
    two_later: str


def random_chain(split: Split, index: int, rules: WorldRules) -> Chain:
    """The `index`-th chain of a split; always the same one."""
    return draw_chain(scene_random(split, index), rules)


def draw_chain(rng: random.Random, rules: WorldRules) -> Chain:
    """A chain from any random source."""
    first = random_scene(rng, rules)
    one = random_edit(rng, first, rules)
    return Chain(first, one, random_edit(rng, one.after, rules))


def chain_words(rng: random.Random, chain: Chain) -> ChainWords:
    """Draws words for a chain."""
    return ChainWords(
        tuple(caption(rng, scene) for scene in chain.scenes),  # type: ignore[arg-type]
        addressed(rng, chain.one.say(rng), 0),
        addressed(rng, chain.two.say(rng), 0),
        addressed(rng, chain.two.say(rng), 1),
    )
