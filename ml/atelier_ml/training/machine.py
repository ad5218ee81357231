"""What the machine computes with: the GPU if there is one, else the CPU with as many threads as cores."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel


@dataclass(frozen=True)
class Machine:
    """Device and number format of a training. Weights stay float32; activations are bfloat16 under `autocast`."""

    device: str

    def place(self, module: nn.Module) -> nn.Module:
        """Moves a module; convolutions run fastest with channels last."""
        return module.to(self.device, memory_format=torch.channels_last)

    def to(self, tensor: Tensor) -> Tensor:
        moved = tensor.to(self.device, non_blocking=True)
        return moved.contiguous(memory_format=torch.channels_last) if moved.dim() == 4 else moved

    def autocast(self) -> AbstractContextManager:
        return torch.autocast(self.device, dtype=torch.bfloat16)

    def attention(self) -> AbstractContextManager:
        """On a CPU plain products: the flash kernel's backward pass is slower than them for sequences this short."""
        return sdpa_kernel(SDPBackend.MATH) if self.device == 'cpu' else nullcontext()


def compute() -> Machine:
    """The machine's best device."""
    if torch.cuda.is_available():
        return Machine('cuda')
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    return Machine('cpu')
