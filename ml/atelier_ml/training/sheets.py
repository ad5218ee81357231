"""Contact sheets of images, with captions."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw
from torch import Tensor

from .picture_bytes import to_bytes

_CAPTION_HEIGHT = 44


def to_image(picture: Tensor, side: int) -> Image.Image:
    """`[3, h, w]`, −1..1 → a Pillow image, scaled to `side` without smoothing."""
    return Image.fromarray(to_bytes(picture.float()).permute(1, 2, 0).cpu().numpy()).resize((side, side), 0)


def save_rows(path: Path, rows: Sequence[Tensor], side: int = 96) -> None:
    """Rows of images `[n, 3, h, w]`, without captions."""
    columns = max(len(row) for row in rows)
    sheet = Image.new('RGB', (columns * (side + 2), len(rows) * (side + 2)), 'grey')
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            sheet.paste(to_image(picture, side), (x * (side + 2), y * (side + 2)))
    _save(sheet, path)


def save_captioned(path: Path, cells: Sequence[tuple[str, Sequence[Tensor]]], columns: int, side: int = 96) -> None:
    """Cells of one or more images side by side (inputs, output), with the instruction below."""
    most = max(len(pictures) for _, pictures in cells)
    width, height = most * (side + 2) + 6, side + _CAPTION_HEIGHT
    lines = -(-len(cells) // columns)
    sheet = Image.new('RGB', (columns * width, lines * height), 'white')
    pen = ImageDraw.Draw(sheet)
    for index, (text, pictures) in enumerate(cells):
        left, top = index % columns * width, index // columns * height
        for offset, picture in enumerate(pictures):
            sheet.paste(to_image(picture, side), (left + offset * (side + 2), top))
        pen.text((left, top + side + 1), '\n'.join(textwrap.wrap(text, width // 6)[:4]), fill='black', font_size=10)
    _save(sheet, path)


def _save(sheet: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)
