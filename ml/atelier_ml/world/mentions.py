"""Image names and courtesies around an instruction."""

from __future__ import annotations

import random
import re

from .unit import Say

_COURTESY = (*('{0}',) * 6, 'please {0}', '{0} please', 'can you {0}', 'could you {0}?', 'now {0}')
_MENTION = ('{1} {0}', '{0} in {1}', 'in {1}, {0}', '{1}: {0}', 'edit {1}: {0}')


def indicator(index: int) -> str:
    """Name of the condition frame at `index` (0-based): `{image}`, `{image1}` …"""
    return '{image}' if index == 0 else f'{{image{index}}}'


def addressed(rng: random.Random, instruction: str, share: float = 0.4) -> str:
    """The instruction as people write it: sometimes polite, with `{image}` named in a `share` of cases.

    An instruction that names an image itself gets no second name.
    """
    statement = instruction.startswith(('the ', 'it ', '{'))
    # Plain replacement: the names hold braces themselves.
    text = instruction if statement else rng.choice(_COURTESY).replace('{0}', instruction)
    if '{image' not in instruction and rng.random() < share:
        text = rng.choice(_MENTION).replace('{1}', indicator(0)).replace('{0}', text)
    return text + ('.' if not text.endswith('?') and rng.random() < 0.12 else '')


def renamed(text: str, first: int) -> str:
    """Image names of a unit → those of the sequence in which its first image has the place `first`."""
    return re.sub(r'\{image(\d?)\}', lambda name: indicator(int(name[1] or 0) + first), text)


def asked(say: Say) -> Say:
    """The same wordings, addressed."""
    return lambda rng: addressed(rng, say(rng))
