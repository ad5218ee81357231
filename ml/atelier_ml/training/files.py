"""Writing checkpoints and logs."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import torch


def save_whole(data: dict, path: Path) -> None:
    """`torch.save` that never leaves a partial file: it writes a temporary file and renames it."""
    aside = path.with_suffix(path.suffix + '.part')
    torch.save(data, aside)
    os.replace(aside, path)


def append_row(path: Path, row: dict) -> None:
    """Appends a row to a CSV file, with a header if the file is new."""
    is_new = not path.exists()
    with path.open('a', newline='') as file:
        writer = csv.DictWriter(file, fieldnames=list(row))
        if is_new:
            writer.writeheader()
        writer.writerow(row)
