"""Image names and courtesies around an instruction."""

from __future__ import annotations

import random

_COURTESY = (*('{0}',) * 6, 'please {0}', '{0} please', 'can you {0}', 'could you {0}?', 'now {0}')
_MENTION = ('{1} {0}', '{0} in {1}', 'in {1}, {0}', '{1}: {0}', 'edit {1}: {0}')


def indicator(index: int) -> str:
    """Name of the condition frame at `index` (0-based): `{image}`, `{image1}` …"""
    return '{image}' if index == 0 else f'{{image{index}}}'


def addressed(rng: random.Random, instruction: str, frame: int, share: float = 0.35) -> str:
    """The instruction as people write it: sometimes polite, with the image's name in a `share` of cases."""
    statement = instruction.startswith(('the ', 'it '))
    text = instruction if statement else rng.choice(_COURTESY).format(instruction)
    if rng.random() < share:
        # Plain replacement: the indicator itself holds braces.
        text = rng.choice(_MENTION).replace('{1}', indicator(frame)).replace('{0}', text)
    return text + ('.' if not text.endswith('?') and rng.random() < 0.12 else '')
