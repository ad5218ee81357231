"""Storage formats of the text encoder's weights, which lie in a file next to its graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from onnx import GraphProto, TensorProto, helper

from .block_quantise import BLOCK, dequantise, quantise
from .checkpoint_error import CheckpointError
from .data_file import DataFile, read_external

_HALF_MAX = float(torch.finfo(torch.float16).max)


class WeightFormat(Protocol):
    """How a parameter is stored, and how the graph uses it in place of the input of that name."""

    def write(self, data: DataFile, name: str, weight: torch.Tensor) -> list[TensorProto]:
        """Appends the parameter to the file; returns its initializers."""
        ...

    def read(self, folder: Path, tensors: list[TensorProto]) -> torch.Tensor:
        """The parameter as the graph sees it: float32 in its original shape (embeddings: as stored)."""
        ...


@dataclass(frozen=True)
class Plain:
    """float32."""

    def write(self, data: DataFile, name: str, weight: torch.Tensor) -> list[TensorProto]:
        """As `WeightFormat.write`."""
        return [data.add(name, weight.float().numpy())]

    def read(self, folder: Path, tensors: list[TensorProto]) -> torch.Tensor:
        """As `WeightFormat.read`."""
        return _tensor(folder, tensors[0])


@dataclass(frozen=True)
class HalfRows:
    """float16 embeddings; only the rows that are looked up are converted to float32."""

    def write(self, data: DataFile, name: str, weight: torch.Tensor) -> list[TensorProto]:
        """As `WeightFormat.write`."""
        return [data.add(name, _half(name, weight).numpy())]

    def read(self, folder: Path, tensors: list[TensorProto]) -> torch.Tensor:
        """As `WeightFormat.read`."""
        return _tensor(folder, tensors[0])


@dataclass(frozen=True)
class HalfMatrix:
    """float16, transposed for `MatMul`; converted to float32 when used."""

    def write(self, data: DataFile, name: str, weight: torch.Tensor) -> list[TensorProto]:
        """As `WeightFormat.write`."""
        return [data.add(name, _half(name, weight).T.contiguous().numpy())]

    def read(self, folder: Path, tensors: list[TensorProto]) -> torch.Tensor:
        """As `WeightFormat.read`."""
        return _tensor(folder, tensors[0]).float().T


@dataclass(frozen=True)
class Blocks:
    """`bits`-bit integers with a scale per block."""

    bits: int
    columns: int

    def write(self, data: DataFile, name: str, weight: torch.Tensor) -> list[TensorProto]:
        """As `WeightFormat.write`."""
        stored, scales = quantise(weight, self.bits)
        return [data.add(name, stored.numpy()), data.add(f'{name}.scales', scales.numpy())]

    def read(self, folder: Path, tensors: list[TensorProto]) -> torch.Tensor:
        """As `WeightFormat.read`."""
        stored, scales = (_tensor(folder, tensor) for tensor in tensors)
        return dequantise(stored, scales, self.bits, self.columns)


def apply_formats(graph: GraphProto, bits: int) -> dict[str, WeightFormat]:
    """Rewrites a graph of `trace_without_weights` so that its weights may be stored in `bits` bits; returns each one's
    form.

    Matrices used in products get `bits` (16: float16); the embeddings become float16; everything else stays float32.
    """
    users: dict[str, list] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    weights = {entry.name: [axis.dim_value for axis in entry.type.tensor_type.shape.dim] for entry in graph.input}
    formats: dict[str, WeightFormat] = {}
    replaced: dict[str, list] = {}
    dropped: set[str] = set()
    for name, shape in weights.items():
        if name in ('input_ids', 'attention_mask'):
            continue
        turned = [node for node in users[name] if node.op_type == 'Transpose']
        if turned:
            products = [product for node in turned for product in users[node.output[0]]]
            dropped.update(node.output[0] for node in turned)
            formats[name] = HalfMatrix() if bits == 16 else Blocks(bits, shape[1])
            for product in products:
                replaced[product.output[0]] = _product(product, name, shape, bits)
        elif name == 'shared.weight':
            formats[name] = HalfRows()
            for lookup in users[name]:
                rows = f'{lookup.output[0]}.half'
                replaced[lookup.output[0]] = [
                    helper.make_node('Gather', [name, lookup.input[1]], [rows]),
                    helper.make_node('Cast', [rows], list(lookup.output), to=TensorProto.FLOAT),
                ]
        else:
            formats[name] = Plain()
    nodes = [
        new for node in graph.node if node.output[0] not in dropped for new in replaced.get(node.output[0], [node])
    ]
    graph.ClearField('node')
    graph.node.extend(nodes)
    return formats


def _product(product, name: str, shape: list[int], bits: int) -> list:
    left, output = product.input[0], product.output[0]
    if bits == 16:
        wide = f'{output}.weight'
        return [
            helper.make_node('Cast', [name], [wide], to=TensorProto.FLOAT),
            helper.make_node('MatMul', [left, wide], [output]),
        ]
    rows, columns = shape
    return [
        helper.make_node(
            'MatMulNBits',
            [left, name, f'{name}.scales'],
            [output],
            domain='com.microsoft',
            K=columns,
            N=rows,
            bits=bits,
            block_size=BLOCK,
            # 4: activations are also quantised to 8 bits, and sums are computed on integers.
            accuracy_level=4,
        )
    ]


def _half(name: str, weight: torch.Tensor) -> torch.Tensor:
    if not bool(weight.abs().max() <= _HALF_MAX):
        raise CheckpointError(f'{name} has values that float16 cannot hold; use --text-encoder-bits 8')
    return weight.half()


def _tensor(folder: Path, tensor: TensorProto) -> torch.Tensor:
    return torch.from_numpy(np.array(read_external(folder, tensor)))
