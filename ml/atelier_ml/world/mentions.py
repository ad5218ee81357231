"""Image names and polite phrases around an instruction."""

from __future__ import annotations

import random
import re

from .unit import Say

_COURTESY = (*('{0}',) * 6, 'please {0}', '{0} please', 'can you {0}', 'could you {0}?', 'now {0}')
_MENTION = ('{1} {0}', '{0} in {1}', 'in {1}, {0}', '{1}: {0}', 'edit {1}: {0}')


def indicator(index: int) -> str:
    """Name of the condition frame at `index` (from 0): `{image}`, `{image1}` …"""
    return '{image}' if index == 0 else f'{{image{index}}}'


def addressed(rng: random.Random, instruction: str, share: float = 0.4) -> str:
    """The instruction as people might phrase it: sometimes polite, and mentioning `{image}` in a `share` of cases.

    An instruction that already names an image gets no second mention.
    """
    statement = instruction.startswith(('the ', 'it ', '{'))
    # str.replace instead of str.format, because image names contain braces.
    text = instruction if statement else rng.choice(_COURTESY).replace('{0}', instruction)
    if '{image' not in instruction and rng.random() < share:
        text = rng.choice(_MENTION).replace('{1}', indicator(0)).replace('{0}', text)
    return text + ('.' if not text.endswith('?') and rng.random() < 0.12 else '')


def renamed(text: str, first: int) -> str:
    """Renumbers a unit's image names for a sequence in which its first image has index `first`."""
    return re.sub(r'\{image(\d?)\}', lambda name: indicator(int(name[1] or 0) + first), text)


def asked(say: Say) -> Say:
    """The same wordings, passed through `addressed`."""
    return lambda rng: addressed(rng, say(rng))
