"""A graph to a file, or to two when it is large."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx

_LARGE = 256 * 2**20


def save_graph(model: onnx.ModelProto, path: Path) -> None:
    """Writes a graph. Weights of more than 256 MB go beside it into `<file>.data`, which takes them out of `model`.

    A graph file cannot exceed 2 GB; and a file of weights is mapped into memory where a graph is read and copied.
    """
    if sum(len(tensor.raw_data) for tensor in model.graph.initializer) <= _LARGE:
        onnx.save(model, path)
    else:
        data = path.with_name(f'{path.name}.data')
        onnx.save(model, path, save_as_external_data=True, location=data.name, size_threshold=1024)
        # onnx keeps it from everyone but its owner, and a worker is often another user.
        shutil.copymode(path, data)
