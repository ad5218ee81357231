"""The device a training runs on: the GPU if there is one, else the CPU with one thread per core."""

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
    """Device and number format. Weights stay float32; with `bfloat16`, `autocast` computes matrix products in it."""

    device: str
    bfloat16: bool = True

    def place(self, module: nn.Module) -> nn.Module:
        """Moves a module to the device, in channels-last format, which is fastest for convolutions."""
        return module.to(self.device, memory_format=torch.channels_last)

    def to(self, tensor: Tensor) -> Tensor:
        moved = tensor.to(self.device, non_blocking=True)
        return moved.contiguous(memory_format=torch.channels_last) if moved.dim() == 4 else moved

    def chunk_size(self, cached: int, most: int) -> int:
        """How many samples to process at a time: `cached` on a CPU, where the activations should fit in the caches,
        `most` on a GPU."""
        return min(cached, most) if self.device == 'cpu' else most

    def compile(self, modules: Iterable[nn.Module]) -> None:
        """Compiles modules in place with `torch.compile`, if a C++ compiler is installed.

        Saves a fifth of a denoiser step on a CPU with bfloat16 instructions. Each new shape costs some seconds, until
        sizes become dynamic. Hooks stay outside the compiled code.
        """
        if shutil.which(os.environ.get('CXX', 'g++')):
            # Several frame counts and text lengths, each with one and with two threads.
            torch._dynamo.config.recompile_limit = 64
            for module in modules:
                module.forward = torch.compile(module.forward)

    def autocast(self) -> AbstractContextManager:
        return torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.bfloat16)

    def attention(self) -> AbstractContextManager:
        """Plain matrix products on a CPU: for sequences this short, the flash kernel's backward pass is slower."""
        return sdpa_kernel(SDPBackend.MATH) if self.device == 'cpu' else nullcontext()


def best_machine() -> Machine:
    """The best device of this machine."""
    if torch.cuda.is_available():
        return Machine('cuda')
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.set_flush_denormal(True)
    # Otherwise plain attention converts bfloat16 to float32, which costs a fifth of a denoiser step.
    torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)
    return Machine('cpu', fast_bfloat16())


@cache
def fast_bfloat16() -> bool:
    """Whether the CPU multiplies matrices faster in bfloat16 than in float32, measured in a few milliseconds.

    Without bfloat16 instructions (AVX2 only) it is ten times slower.
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
