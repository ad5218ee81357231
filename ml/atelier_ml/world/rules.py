"""What a run may draw: read from the `world` section of a config."""

from __future__ import annotations

from dataclasses import dataclass, field

from .palette import COLOUR_NAMES
from .shapes import SHAPES


@dataclass(frozen=True)
class WorldRules:
    """Kinds in use, weights of background kinds and object counts, and (colour, kind) pairs that training omits."""

    kinds: tuple[str, ...] = tuple(SHAPES)
    backgrounds: dict[str, float] = field(
        default_factory=lambda: {'plain': 0.76, 'gradient': 0.08, 'night': 0.08, 'meadow': 0.08}
    )
    counts: dict[int, float] = field(default_factory=lambda: {0: 0.03, 1: 0.57, 2: 0.4})
    held_out: frozenset[tuple[str, str]] = frozenset()

    @staticmethod
    def from_json(data: dict) -> WorldRules:
        """Reads `{kinds, backgrounds, counts, heldOut}`. Raises ValueError for an unknown kind or colour."""
        kinds = tuple(data['kinds'])
        held_out = frozenset((colour, kind) for colour, kind in data['heldOut'])
        unknown = [kind for kind in kinds if kind not in SHAPES]
        unknown += [colour for colour, _ in held_out if colour not in COLOUR_NAMES]
        if unknown:
            raise ValueError(f'the world has no {", ".join(unknown)}')
        counts = {int(count): float(weight) for count, weight in data['counts'].items()}
        return WorldRules(kinds, dict(data['backgrounds']), counts, held_out)
