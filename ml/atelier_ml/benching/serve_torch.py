"""Runs PyTorch steps on demand: one JSON line in, one JSON line out."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from ..export.graph_modules import Denoiser, no_history
from ..model.config import DiTConfig
from ..model.layout import FrameLayout
from .random_dit import random_dit
from .write_denoisers import SIZES_FILE

_GEMM = (1024, 1152, 4608)


class TorchServer:
    """The random denoiser of a folder; see `answer` for the requests."""

    def __init__(self, folder: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        self._config = DiTConfig.from_dict(json.loads((folder / SIZES_FILE).read_text(encoding='utf8')))
        self._module = Denoiser(random_dit(self._config))
        self._inputs: dict[str, torch.Tensor] = {}
        self._eps = torch.empty(0)

    @torch.no_grad()
    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """`do` is one of

        - `case`: draws inputs for `frames` frames of `side` × `side` tokens, a batch of `batch` and texts of `text`
          tokens, and writes each as raw numbers into the folder `out`. Returns `inputs`: dims and type of each.
        - `step`: runs one step. Returns `ms`.
        - `eps`: writes the last step's output to the file `out`.
        - `gemm`: one float32 product of 1024×1152 by 1152×4608. Returns `flops` per second.
        """
        if question['do'] == 'case':
            return {'inputs': self._draw(**{key: question[key] for key in ('frames', 'side', 'batch', 'text', 'out')})}
        if question['do'] == 'eps':
            Path(question['out']).write_bytes(self._eps.contiguous().numpy().tobytes())
            return {}
        if question['do'] == 'gemm':
            rows, inner, columns = _GEMM
            left, right = torch.ones(rows, inner), torch.ones(inner, columns)
            began = time.perf_counter()
            torch.mm(left, right)
            return {'flops': 2 * rows * inner * columns / (time.perf_counter() - began)}
        began = time.perf_counter()
        self._eps, _ = self._module(**self._inputs)
        return {'ms': (time.perf_counter() - began) * 1000}

    def _draw(self, frames: int, side: int, batch: int, text: int, out: str) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(frames)
        config, layout = self._config, FrameLayout.of([(side, side)] * frames)
        projected = (config.depth, batch, frames, text, config.width)
        self._inputs = {
            'patches': torch.randn(batch, len(layout.positions), config.patch_width, generator=generator),
            'positions': layout.positions,
            'timestep': torch.full((batch,), 500.0),
            'keys': torch.randn(projected, generator=generator),
            'values': torch.randn(projected, generator=generator),
            'text_lengths': torch.full((batch, frames), text, dtype=torch.int32),
            'indicator_embedding': torch.randn(batch, frames, config.width, generator=generator) * 0.1,
            'frame_slots': layout.frame_slots,
            'token_slot': layout.token_slot,
            'target_tokens': torch.tensor([layout.target_tokens]),
            **no_history(config, batch, len(layout.positions)),
        }
        for name, value in self._inputs.items():
            (Path(out) / name).write_bytes(value.contiguous().numpy().tobytes())
        return {
            name: {'dims': list(value.shape), 'type': str(value.dtype).removeprefix('torch.')}
            for name, value in self._inputs.items()
        }


def serve_torch(folder: Path, threads: int) -> None:
    """Answers each line of standard input until it is closed."""
    server = TorchServer(folder, threads)
    for line in sys.stdin:
        print(json.dumps(server.answer(json.loads(line))), flush=True)
