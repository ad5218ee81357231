"""All weights of one network: a single file, or a Hugging Face folder with one or several."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from .checkpoint_error import CheckpointError
from .weight_file import WeightFile, open_weight_file

_WHOLE = ('model.safetensors', 'pytorch_model.bin')
_INDEXED = ('model.safetensors.index.json', 'pytorch_model.bin.index.json')


class Checkpoint:
    """Named tensors in one or several files, of which at most one is open at a time.

    The constructor reads every file's table of contents, so missing or truncated shards are found before any work.
    """

    def __init__(self, path: Path) -> None:
        """path: a file, or a folder with `model.safetensors` or `pytorch_model.bin`, as one file or as indexed shards.

        Raises CheckpointError if a file is missing or unreadable, or if tensors in the index are not in their files.
        """
        self.path = Path(path)
        self.shapes: dict[str, torch.Tensor] = {}
        """Shape and type of every tensor, without data."""
        self._file_of: dict[str, Path] = {}
        self._open: tuple[Path, WeightFile] | None = None
        files, index = _files(self.path)
        for file in files:
            shapes = self._opened(file).shapes
            for name in shapes.keys() & self.shapes.keys():
                raise CheckpointError(f'{file}: {name} is also in {self._file_of[name].name}')
            self.shapes.update(shapes)
            self._file_of.update(dict.fromkeys(shapes, file))
        absent = [f'{name} (in {file})' for name, file in index.items() if name not in self.shapes]
        if absent:
            raise CheckpointError(f'{self.path}: tensors of the index are not in their files: {", ".join(absent)}')

    def read(self, name: str) -> torch.Tensor:
        """A tensor as stored. Read in the order of `by_file`, since only one file is open at a time."""
        return self._opened(self._file_of[name]).read(name)

    def by_file(self, names: list[str]) -> list[str]:
        """The names, ordered so that each file is opened once, otherwise stable."""
        return sorted(names, key=lambda name: self._file_of[name])

    def close(self) -> None:
        """Closes the open file; a later `read` opens it again."""
        self._open = None

    def _opened(self, path: Path) -> WeightFile:
        if self._open is None or self._open[0] != path:
            self._open = None
            self._open = (path, open_weight_file(path))
        return self._open[1]


def _files(path: Path) -> tuple[list[Path], dict[str, str]]:
    if not path.is_dir():
        return [path], {}
    for name in _INDEXED:
        if (path / name).is_file():
            try:
                index: dict[str, str] = dict(json.loads((path / name).read_text(encoding='utf8'))['weight_map'])
            except (ValueError, KeyError, TypeError) as error:
                raise CheckpointError(f'{path / name}: is not an index of shards ({error!r})') from error
            # A shard is a file beside its index: a path in the index could lead anywhere.
            return [path / Path(shard).name for shard in sorted(set(index.values()))], index
    for name in _WHOLE:
        if (path / name).is_file():
            return [path / name], {}
    raise CheckpointError(f'{path}: holds none of {", ".join((*_WHOLE, *_INDEXED))}')
