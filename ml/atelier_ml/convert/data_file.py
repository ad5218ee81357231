"""External weights of a graph, in a file written tensor by tensor."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import onnx
from onnx import TensorProto, helper

_ALIGNMENT = 4096
"""The page size: ONNX Runtime maps the file into memory instead of reading it."""


class DataFile:
    """Writes ONNX external data. Use it as a context manager: the file is complete when the block ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open('wb')

    def add(self, name: str, values: np.ndarray) -> TensorProto:
        """Appends an array and returns an initializer that refers to it."""
        self._file.write(b'\0' * (-self._file.tell() % _ALIGNMENT))
        offset = self._file.tell()
        self._file.write(np.ascontiguousarray(values).data)
        tensor = TensorProto(
            name=name,
            dims=values.shape,
            data_type=helper.np_dtype_to_tensor_dtype(values.dtype),
            data_location=TensorProto.EXTERNAL,
        )
        for key, value in (('location', self._path.name), ('offset', offset), ('length', values.nbytes)):
            tensor.external_data.add(key=key, value=str(value))
        return tensor

    def __enter__(self) -> DataFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read_external(folder: Path, tensor: TensorProto) -> np.ndarray:
    """The array that an initializer refers to, mapped from its file."""
    place = {entry.key: entry.value for entry in tensor.external_data}
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    return np.memmap(folder / place['location'], dtype, 'r', int(place['offset']), tuple(tensor.dims))
