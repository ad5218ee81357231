"""Checks that a checkpoint has exactly the tensors of a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import torch
from torch import nn

from .checkpoint_error import CheckpointError


def without_weights(make: Callable[[], nn.Module]) -> nn.Module:
    """A network on the `meta` device: its parameters have shapes but no data."""
    with torch.device('meta'):
        return make().eval()


def check_fit(where: object, found: Mapping[str, torch.Tensor], network: nn.Module, unused: str | None = None) -> None:
    """Raises CheckpointError listing every missing, unexpected or mis-shaped tensor of `where` (a path).

    found: tensors under current names; unused: a pattern of names that may be left over.
    """
    needed = {name: list(value.shape) for name, value in network.state_dict().items()}
    problems = [f'missing: {name} {shape}' for name, shape in needed.items() if name not in found]
    for name, value in found.items():
        shape = list(value.shape)
        if name not in needed:
            if unused is None or not re.match(unused, name):
                problems.append(f'unexpected: {name} {shape}')
        elif shape != needed[name]:
            problems.append(f'wrong shape: {name} is {shape}, must be {needed[name]}')
        elif not value.is_floating_point():
            problems.append(f'wrong type: {name} is {value.dtype}, must be floating-point')
    if problems:
        raise CheckpointError('\n  '.join([f'{where}: these tensors do not fit', *problems]))
