"""The ten colours of the small world."""

from __future__ import annotations

COLOURS: dict[str, tuple[int, int, int]] = {
    'red': (222, 38, 38),
    'orange': (250, 140, 20),
    'yellow': (250, 222, 40),
    'green': (40, 160, 60),
    'blue': (40, 84, 216),
    'purple': (134, 52, 176),
    'pink': (250, 150, 190),
    'brown': (122, 72, 36),
    'black': (18, 18, 22),
    'white': (250, 250, 250),
}
"""Name → sRGB, 0..255. The order is the index used in arrays."""

COLOUR_NAMES: tuple[str, ...] = tuple(COLOURS)


def rgb(name: str) -> tuple[float, float, float]:
    """The colour in the model's range, −1..1 per channel. Raises KeyError for an unknown name."""
    return tuple(value / 127.5 - 1.0 for value in COLOURS[name])  # type: ignore[return-value]


def second_tone(name: str) -> tuple[float, float, float]:
    """The colour of stripes and dots on a thing of this colour, −1..1: dark colours lightened, others darkened."""
    red, green, blue = COLOURS[name]
    target = 255 if 0.299 * red + 0.587 * green + 0.114 * blue < 130 else 0
    return tuple((0.4 * value + 0.6 * target) / 127.5 - 1.0 for value in COLOURS[name])  # type: ignore[return-value]
