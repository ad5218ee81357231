"""Reads and writes picture files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def read_picture(path: Path) -> Tensor:
    """`[3, h, w]`, −1..1."""
    with Image.open(path) as image:
        pixels = torch.from_numpy(np.array(image.convert('RGB')))
    return pixels.permute(2, 0, 1).float() / 127.5 - 1


def write_picture(picture: Tensor, path: Path) -> None:
    """Writes `[3, h, w]`, −1..1."""
    pixels = ((picture + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(path)
