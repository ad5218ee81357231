"""Checks a sampler graph from its nodes: that CUDA has kernels for them, and that its loop is as it should be."""

from __future__ import annotations

import onnx
from onnx import NodeProto, TensorProto, helper

_F, _H = TensorProto.FLOAT, TensorProto.FLOAT16
_FLOATS = frozenset({_F, _H})
_ANY = frozenset({_F, _H, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL})

KERNELS: dict[str, frozenset[int]] = {
    'Add': _FLOATS | {TensorProto.INT64},
    'Cast': _ANY,
    'Clip': _FLOATS,
    'Concat': _ANY,
    'Cos': _FLOATS,
    'Div': _FLOATS,
    'FastGelu': _FLOATS,
    'Gather': _ANY,
    'Gemm': _FLOATS,
    'GreaterOrEqual': frozenset({_F, _H, TensorProto.INT64, TensorProto.INT32}),
    'LayerNormalization': _FLOATS,
    'MatMul': _FLOATS,
    'Mul': _FLOATS | {TensorProto.INT64},
    'MultiHeadAttention': _FLOATS,
    'Pad': _FLOATS,
    'Range': frozenset({_F, TensorProto.INT64}),
    'ReduceMean': _FLOATS,
    'ReduceSum': _FLOATS,
    'Reshape': _ANY,
    'RotaryEmbedding': _FLOATS,
    'Scan': _ANY,
    'Shape': _ANY,
    'Sigmoid': _FLOATS,
    'SimplifiedLayerNormalization': _FLOATS,
    'Sin': _FLOATS,
    'SkipLayerNormalization': _FLOATS,
    'Slice': _ANY,
    'Split': _ANY,
    'Sqrt': _FLOATS,
    'Squeeze': _ANY,
    'Sub': _FLOATS | {TensorProto.INT64},
    'Unsqueeze': _ANY,
}
"""Types of the first input that ONNX Runtime 1.30 computes on CUDA, for the operators of a sampler graph.

Read from the names of the kernel classes (C++ type information) in `libonnxruntime_providers_cuda.so` of PyPI's
onnxruntime-gpu 1.30.0 for Linux x64, SHA-256 35da2e7ed0dd0d1aec5cdb16ce11a51d06c0c48cf62d1b1c9332946a4fae14fc:
`strings` prints them, for example `onnxruntime::contrib::cuda::MultiHeadAttention<MLFloat16, MLFloat16>`. `Gather`,
`Reshape` and others that only move have one class for all types, and SimplifiedLayerNormalization is
`LayerNorm<…, true>`.
"""

FREE = frozenset({'Reshape', 'Squeeze', 'Unsqueeze'})
"""Operators that launch no kernel: they share their input's memory."""

_SHAPES = frozenset({'Min', 'Shape', 'Concat', 'Squeeze', 'Unsqueeze', 'Mul', 'Sub', 'Add', 'Slice', 'Gather'})
"""What sizes are computed with, in whole numbers, on the host; before the loop only."""


class KernelError(ValueError):
    """A graph would not run on CUDA as it should."""


def check_cuda_graph(model: onnx.ModelProto) -> None:
    """Raises KernelError if a node has no CUDA kernel for its type, if the loop has anything that runs on the host, an
    attention that is not one fused node without a mask, a norm or a GELU in parts, or a Cast of a Cast."""
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.input}
    types |= {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    for node in model.graph.node:
        kind = _note(node, types)
        if kind == TensorProto.INT64 and node.op_type in _SHAPES:
            continue
        _check_kernel(node, kind)
    casts: set[str] = set()
    for node in loop_nodes(model, types):
        kind = _note(node, types)
        _check_kernel(node, kind)
        if kind not in _FLOATS:
            raise KernelError(f'{node.name}: {node.op_type} computes whole numbers in the loop')
        if node.op_type in ('Shape', 'Softmax', 'Tanh', 'Erf', 'Pow', 'Loop', 'If'):
            raise KernelError(f'{node.name}: {node.op_type} in the loop')
        if node.op_type == 'MultiHeadAttention' and any(list(node.input)[3:]):
            raise KernelError(f'{node.name}: an attention with a bias or a mask, which flash attention does not take')
        if node.op_type == 'Cast':
            if node.input[0] in casts:
                raise KernelError(f'{node.name}: a Cast of a Cast')
            casts.update(node.output)


def loop_nodes(model: onnx.ModelProto, types: dict[str, int] | None = None) -> list[NodeProto]:
    """Nodes of the loop's body; the types of its inputs go into `types`."""
    scan = next(node for node in model.graph.node if node.op_type == 'Scan')
    body = next(attribute.g for attribute in scan.attribute if attribute.name == 'body')
    if types is not None:
        types |= {value.name: value.type.tensor_type.elem_type for value in body.input}
    return list(body.node)


def launches(model: onnx.ModelProto) -> int:
    """Kernels that one step launches: its nodes without those that are free."""
    return sum(node.op_type not in FREE for node in loop_nodes(model))


def _check_kernel(node: NodeProto, kind: int) -> None:
    if kind not in KERNELS.get(node.op_type, frozenset()):
        name = TensorProto.DataType.Name(kind)
        raise KernelError(f'{node.name}: ONNX Runtime has no CUDA kernel of {node.op_type} for {name}')


def _note(node: NodeProto, types: dict[str, int]) -> int:
    """Records the types of a node's outputs; returns that of its first input."""
    kind = types[node.input[0]]
    made = kind
    if node.op_type == 'Cast':
        made = helper.get_attribute_value(node.attribute[0])
    if node.op_type == 'Shape':
        made = TensorProto.INT64
    if node.op_type == 'GreaterOrEqual':
        made = TensorProto.BOOL
    types.update(dict.fromkeys(node.output, made))
    return kind
