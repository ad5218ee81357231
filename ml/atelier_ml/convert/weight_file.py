"""A weights file, opened without reading the weights."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError, safe_open

from ..model.checkpoint_names import unwrap
from .checkpoint_error import CheckpointError

_SAFETENSORS_TYPES = {'F64': torch.float64, 'F32': torch.float32, 'F16': torch.float16, 'BF16': torch.bfloat16}


class WeightFile(Protocol):
    """The tensors of a file; data is read from disk when it is used."""

    shapes: dict[str, torch.Tensor]
    """Each tensor's shape and type, as a tensor without data (`device='meta'`)."""

    def read(self, name: str) -> torch.Tensor:
        """The tensor as stored. Do not modify it."""
        ...


def open_weight_file(path: Path) -> WeightFile:
    """Opens a `.safetensors` file, or a file written by `torch.save` (`.pth`, `.pt`, `.bin`).

    Code in a pickle is never run: torch's `weights_only` loading accepts tensors and plain containers only.
    Raises CheckpointError if the file is missing, truncated, of another type, or contains anything but tensors.
    """
    if not path.is_file():
        raise CheckpointError(f'{path}: there is no such file')
    kind = _SafetensorsFile if path.suffix == '.safetensors' else _TorchFile
    return kind(path)


class _TorchFile:
    def __init__(self, path: Path) -> None:
        with path.open('rb') as file:
            archive = file.read(4) == b'PK\x03\x04'
        if archive and not zipfile.is_zipfile(path):
            raise CheckpointError(
                f'{path}: the file is cut short (its table of contents is missing); download it again'
            )
        try:
            # Files from before torch 1.6 are not zip archives and cannot be mapped into memory.
            loaded = torch.load(path, map_location='cpu', weights_only=True, mmap=archive)
        except Exception as error:
            raise CheckpointError(f'{path}: refused. {_reason(error)}') from error
        if not isinstance(loaded, Mapping):
            raise CheckpointError(f'{path}: contains a {type(loaded).__name__} instead of named tensors')
        weights = unwrap(loaded)
        others = [str(name) for name, value in weights.items() if not isinstance(value, torch.Tensor)]
        if others or not weights:
            raise CheckpointError(
                f'{path}: these entries are not tensors: {", ".join(others) or "(the file is empty)"}'
            )
        self._weights = weights
        self.shapes = {name: torch.empty_like(value, device='meta') for name, value in weights.items()}

    def read(self, name: str) -> torch.Tensor:
        return self._weights[name]


class _SafetensorsFile:
    def __init__(self, path: Path) -> None:
        try:
            self._file = safe_open(path, 'pt')
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f'{path}: the file is cut short, or not a safetensors file ({error})') from error
        self.shapes = {}
        names = {}
        for name in self._file.keys():  # noqa: SIM118 (a handle, not a dict)
            entry = self._file.get_slice(name)
            if entry.get_dtype() not in _SAFETENSORS_TYPES:
                raise CheckpointError(f'{path}: {name} has type {entry.get_dtype()}, which is not floating-point')
            names[name] = torch.empty(entry.get_shape(), dtype=_SAFETENSORS_TYPES[entry.get_dtype()], device='meta')
        self.shapes = dict(unwrap(names))
        # The prefix that `unwrap` removes from the names has to be put back for reading.
        self._prefix = 'module.' if names and not self.shapes.keys() & names.keys() else ''

    def read(self, name: str) -> torch.Tensor:
        return self._file.get_tensor(self._prefix + name)


def _reason(error: Exception) -> str:
    text = str(error)
    if 'Unsupported global' in text or 'Unsupported operand' in text or 'WeightsUnpickler' in text:
        named = text.partition('GLOBAL ')[2].split(' ')[0]
        what = f' ({named})' if named else ''
        return (
            f'It holds more than tensors{what}, and code in a checkpoint is never run. '
            'Get the weights as .safetensors, or re-save the plain state_dict on a machine where you trust the file.'
        )
    return f'It is cut short, or not a weights file: {text.splitlines()[0] if text else type(error).__name__}'
