"""Plots the loss curve of a run."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from PIL import Image, ImageDraw

_SIZE = (640, 300)
_LEFT, _BOTTOM, _TOP = 46, 24, 10
_INKS = ('#2054d8', '#c03020', '#208040', '#8040a0', '#d08000', '#00909c', '#806040', '#d0509c', '#606060')


def draw_losses(rows_file: Path, out: Path) -> None:
    """Plots `losses.csv` (columns: step, seconds, and one per task group) on a logarithmic scale.

    Raises ValueError if the file has fewer than two rows.
    """
    with rows_file.open(newline='') as file:
        rows = list(csv.DictReader(file))
    if len(rows) < 2:
        raise ValueError(f'{rows_file} has too few rows to plot')
    kinds = [name for name in rows[0] if name not in ('step', 'seconds')]
    # Empty where no batch of the group was drawn since the row before.
    lines = {kind: [(float(row['step']), math.log10(float(row[kind]))) for row in rows if row[kind]] for kind in kinds}
    points = {kind: line for kind, line in lines.items() if line}
    last = max(float(row['step']) for row in rows)
    values = [value for line in points.values() for _, value in line]
    low, high = math.floor(min(values) * 2) / 2, math.ceil(max(values) * 2) / 2
    width, height = _SIZE
    sheet = Image.new('RGB', _SIZE, 'white')
    pen = ImageDraw.Draw(sheet)

    def place(step: float, value: float) -> tuple[float, float]:
        x = _LEFT + (width - _LEFT - 12) * step / last
        return x, _TOP + (height - _TOP - _BOTTOM) * (high - value) / (high - low)

    for tick in range(round((high - low) * 2) + 1):
        value = low + tick / 2
        pen.line((place(0, value), place(last, value)), fill='#dddddd')
        pen.text((4, place(0, value)[1] - 6), f'{10**value:.2g}', fill='black')
    for share in (0, 0.25, 0.5, 0.75, 1):
        pen.text((place(last * share, low)[0] - 14, height - 18), f'{last * share:.0f}', fill='black')
    for index, (kind, line) in enumerate(points.items()):
        pen.line([place(*point) for point in _smoothed(line)], fill=_INKS[index % len(_INKS)], width=2)
        pen.text((width - 90, _TOP + 14 * index), kind, fill=_INKS[index % len(_INKS)])
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(32).save(out, optimize=True)


def _smoothed(line: list[tuple[float, float]], reach: int = 2) -> list[tuple[float, float]]:
    result = []
    for index, (step, _) in enumerate(line):
        near = [value for _, value in line[max(0, index - reach) : index + reach + 1]]
        result.append((step, sum(near) / len(near)))
    return result
