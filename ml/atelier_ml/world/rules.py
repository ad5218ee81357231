"""The rules of a world: what may be drawn, and how often. Read from the `world` section of a config."""

from __future__ import annotations

from dataclasses import dataclass, field

from .palette import COLOUR_NAMES
from .scene import BACKGROUNDS, FILLS, SIZES, STYLES
from .shapes import SHAPES


@dataclass(frozen=True)
class WorldRules:
    """`kinds` in use, and `held_out` (colour, kind) pairs that training never draws, in any style.

    `backgrounds`, `counts`, `fills`, `styles`: weights of background kinds, numbers of things (0–4), fills and styles.
    `words`: whether pictures may contain written words. `sizes`: weights of sizes, for single things and for a fraction
    `own_sizes` of pairs; in other pairs both are medium.
    """

    kinds: tuple[str, ...] = tuple(SHAPES)
    backgrounds: dict[str, float] = field(
        default_factory=lambda: {
            'plain': 0.66,
            'gradient': 0.07,
            'stripes': 0.05,
            'checks': 0.05,
            'night': 0.06,
            'day': 0.05,
            'meadow': 0.06,
        }
    )
    counts: dict[int, float] = field(default_factory=lambda: {0: 0.03, 1: 0.5, 2: 0.42, 3: 0.05})
    held_out: frozenset[tuple[str, str]] = frozenset()
    fills: dict[str, float] = field(default_factory=lambda: {'plain': 0.8, 'striped': 0.1, 'dotted': 0.1})
    styles: dict[str, float] = field(
        default_factory=lambda: {
            'flat': 0.6,
            'outline': 0.08,
            'pixel': 0.08,
            'soft': 0.08,
            'neon': 0.08,
            'monochrome': 0.08,
        }
    )
    words: bool = True
    sizes: dict[str, float] = field(default_factory=lambda: {'small': 0.15, 'medium': 0.65, 'big': 0.2})
    own_sizes: float = 0.3

    @staticmethod
    def from_json(data: dict) -> WorldRules:
        """Reads `{kinds, backgrounds, counts, heldOut, fills, styles, words, sizes, ownSizes}`. If missing, `fills` and
        `styles` mean plain and flat, `words` means none; `sizes` and `ownSizes` have the defaults above.

        Raises ValueError for an unknown name or a count over 4.
        """
        kinds = tuple(data['kinds'])
        held_out = frozenset((colour, kind) for colour, kind in data['heldOut'])
        fills, styles = dict(data.get('fills', {'plain': 1.0})), dict(data.get('styles', {'flat': 1.0}))
        backgrounds, usual = dict(data['backgrounds']), WorldRules()
        sizes, own_sizes = dict(data.get('sizes', usual.sizes)), float(data.get('ownSizes', usual.own_sizes))
        unknown = [kind for kind in (*kinds, *(kind for _, kind in held_out)) if kind not in SHAPES]
        unknown += [colour for colour, _ in held_out if colour not in COLOUR_NAMES]
        for used, known in ((backgrounds, BACKGROUNDS), (fills, FILLS), (styles, STYLES), (sizes, SIZES)):
            unknown += [name for name in used if name not in known]
        if unknown:
            raise ValueError(f'the world has no {", ".join(unknown)}')
        counts = {int(count): float(weight) for count, weight in data['counts'].items()}
        if not all(0 <= count <= 4 for count in counts):
            raise ValueError(f'counts must be 0 to 4, got {", ".join(map(str, counts))}')
        words = bool(data.get('words'))
        return WorldRules(kinds, backgrounds, counts, held_out, fills, styles, words, sizes, own_sizes)
