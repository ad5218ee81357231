"""Small file helpers."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import torch


def save_whole(data: dict, path: Path) -> None:
    """`torch.save` that never leaves half a file: written aside, then renamed."""
    aside = path.with_suffix(path.suffix + '.part')
    torch.save(data, aside)
    os.replace(aside, path)


def append_row(path: Path, row: dict) -> None:
    """Adds a row to a CSV file; the first row brings the header."""
    is_new = not path.exists()
    with path.open('a', newline='') as file:
        writer = csv.DictWriter(file, fieldnames=list(row))
        if is_new:
            writer.writeheader()
        writer.writerow(row)
