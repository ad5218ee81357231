"""What the machine computes with: the GPU if there is one, else the CPU with as many threads as cores."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel


@dataclass(frozen=True)
class Machine:
    """Device and number format of a training. Weights stay float32; under `autocast` products are bfloat16 where
    `bfloat16` says that this is faster."""

    device: str
    bfloat16: bool = True

    def place(self, module: nn.Module) -> nn.Module:
        """Moves a module; convolutions run fastest with channels last."""
        return module.to(self.device, memory_format=torch.channels_last)

    def to(self, tensor: Tensor) -> Tensor:
        moved = tensor.to(self.device, non_blocking=True)
        return moved.contiguous(memory_format=torch.channels_last) if moved.dim() == 4 else moved

    def rows(self, cached: int, most: int) -> int:
        """How many samples to compute at once: `cached` on a CPU, where what a pass remembers should fit its caches,
        `most` on a GPU."""
        return min(cached, most) if self.device == 'cpu' else most

    def compile(self, modules: Iterable[nn.Module]) -> None:
        """Fuses what modules compute, in place, with a C++ compiler; without one they stay as they are.

        A fifth of a denoiser's step on a CPU with bfloat16 instructions. Each new shape costs some seconds, until sizes
        are taken as variables. Hooks are left outside.
        """
        if shutil.which(os.environ.get('CXX', 'g++')):
            # Several frame counts and lengths of texts, each with one and with two threads.
            torch._dynamo.config.recompile_limit = 64
            for module in modules:
                module.forward = torch.compile(module.forward)

    def autocast(self) -> AbstractContextManager:
        return torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.bfloat16)

    def attention(self) -> AbstractContextManager:
        """On a CPU plain products: the flash kernel's backward pass is slower than them for sequences this short."""
        return sdpa_kernel(SDPBackend.MATH) if self.device == 'cpu' else nullcontext()


def compute() -> Machine:
    """The machine's best device."""
    if torch.cuda.is_available():
        return Machine('cuda')
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.set_flush_denormal(True)
    # Else plain attention turns bfloat16 into float32 for its products: a fifth of a denoiser's step.
    torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)
    return Machine('cpu', fast_bfloat16())


@cache
def fast_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 matrices faster than float32 ones, by a trial of a few milliseconds.

    A processor without bfloat16 instructions (AVX2 only) is ten times slower at them.
    """
    return _seconds(torch.bfloat16) < _seconds(torch.float32)


def _seconds(number_format: torch.dtype) -> float:
    inputs, weights = torch.ones(256, 192, dtype=number_format), torch.ones(192, 192, dtype=number_format)
    best = float('inf')
    for _ in range(4):
        began = time.perf_counter()
        F.linear(inputs, weights)
        best = min(best, time.perf_counter() - began)
    return best
