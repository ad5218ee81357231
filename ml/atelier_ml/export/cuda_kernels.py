"""Checks a sampler graph from its nodes: that CUDA has kernels for them, and that its loop is as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import onnx
from onnx import NodeProto, TensorProto, defs, helper

_F, _H = TensorProto.FLOAT, TensorProto.FLOAT16
_FLOATS = frozenset({_F, _H})
_ANY = frozenset({_F, _H, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL})


@dataclass(frozen=True)
class Kernels:
    """What ONNX Runtime computes on CUDA of an operator.

    types: of the first input; since: the versions of the operator, each named after the opset that brought it. A kernel
    is found by the version alone: where CUDA lacks that of the graph's opset, the node runs on the host.
    """

    types: frozenset[int]
    since: frozenset[int]


def _kernels(types: frozenset[int], *since: int) -> Kernels:
    return Kernels(types, frozenset(since))


# Versions of what only moves values: a newer one has more types of them.
_MOVING = (19, 21, 23, 24, 25)

KERNELS: dict[str, Kernels] = {
    'Abs': _kernels(_FLOATS, 13),
    'Add': _kernels(_FLOATS | {TensorProto.INT64}, 14),
    'Cast': _kernels(_ANY, 13, *_MOVING),
    'Clip': _kernels(_FLOATS, 13),
    'Concat': _kernels(_ANY, 13),
    'Cos': _kernels(_FLOATS, 7, 22),
    'Div': _kernels(_FLOATS, 14),
    'FastGelu': _kernels(_FLOATS, 1),
    'Gather': _kernels(_ANY, 13),
    'Gelu': _kernels(_FLOATS, 20),
    'Gemm': _kernels(_FLOATS, 13),
    'GreaterOrEqual': _kernels(frozenset({_F, _H, TensorProto.INT64, TensorProto.INT32}), 16),
    'Identity': _kernels(_ANY, 16, *_MOVING),
    'If': _kernels(frozenset({TensorProto.BOOL}), 16, *_MOVING),
    'LayerNormalization': _kernels(_FLOATS, 17),
    'Less': _kernels(_FLOATS, 13),
    'MatMul': _kernels(_FLOATS, 13),
    'Mul': _kernels(_FLOATS | {TensorProto.INT64}, 14),
    'MultiHeadAttention': _kernels(_FLOATS, 1),
    'Pad': _kernels(_FLOATS, 18, *_MOVING),
    'Range': _kernels(frozenset({_F, TensorProto.INT64}), 11),
    'ReduceMax': _kernels(_FLOATS, 18, 20),
    'ReduceMean': _kernels(_FLOATS, 18),
    'ReduceSum': _kernels(_FLOATS, 13),
    'Reshape': _kernels(_ANY, 14, *_MOVING),
    'RotaryEmbedding': _kernels(_FLOATS, 1),
    'Scan': _kernels(_ANY, 16, *_MOVING),
    'Shape': _kernels(_ANY, 15, *_MOVING),
    'Sigmoid': _kernels(_FLOATS, 13),
    'SimplifiedLayerNormalization': _kernels(_FLOATS, 1),
    'Sin': _kernels(_FLOATS, 7, 22),
    'SkipLayerNormalization': _kernels(_FLOATS, 1),
    'Slice': _kernels(_ANY, 13),
    'Split': _kernels(_ANY, 18),
    'Sqrt': _kernels(_FLOATS, 13),
    'Squeeze': _kernels(_ANY, 13, 21, 23, 24, 25),
    'Sub': _kernels(_FLOATS | {TensorProto.INT64}, 14),
    'Unsqueeze': _kernels(_ANY, 13, 21, 23, 24, 25),
    'Where': _kernels(frozenset({TensorProto.BOOL}), 16),
}
"""What ONNX Runtime 1.30 computes on CUDA of the operators of a sampler graph, for opsets 18 to 25.

Read from `libonnxruntime_providers_cuda.so` of PyPI's onnxruntime-gpu 1.30.0 for Linux x64, whose SHA-256 is
9d7587acb137b31bf84e4d32dc444b969bb601d098b01395effcacfe4341e364. Types are in the names of the kernel classes (C++ type
information): `strings` prints them, for example `onnxruntime::contrib::cuda::MultiHeadAttention<MLFloat16, MLFloat16>`.
`Gather`, `Reshape` and others that only move have one class for all types, and SimplifiedLayerNormalization is
`LayerNorm<…, true>`. Versions are in no name: they are arguments in the machine code that registers a kernel
(`objdump -d`), between the names of its operator and of its provider. ONNX Runtime 1.23.1 still had
no Pad newer than 18 (its issue 26393).
"""

FREE = frozenset({'Reshape', 'Squeeze', 'Unsqueeze'})
"""Operators that launch no kernel: they share their input's memory."""

_SHAPES = frozenset({'Min', 'Shape', 'Concat', 'Squeeze', 'Unsqueeze', 'Mul', 'Sub', 'Add', 'Div', 'Slice', 'Gather'})
"""What sizes are computed with, in whole numbers, on the host; before the loop only."""


_CHOICES = frozenset({'If', 'Where'})
"""What reads truth values: a Where on the device; an If on the host, which waits for the step to get that far."""


class KernelError(ValueError):
    """A graph would not run on CUDA as it should."""


def check_kernels(model: onnx.ModelProto) -> dict[str, int]:
    """Raises KernelError if a node has no CUDA kernel for its type or its operator's version, those of a loop's body
    left aside. Returns the types of all values."""
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.input}
    types |= {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    for node, kind in _on_device(model, types):
        _check_kernel(node, kind, model)
    return types


def _on_device(model: onnx.ModelProto, types: dict[str, int]) -> Iterator[tuple[NodeProto, int]]:
    """Nodes outside the loop that run on the device, with the type of their first input. types: is completed."""
    for node in model.graph.node:
        kind = _note(node, types)
        if kind != TensorProto.INT64 or node.op_type not in _SHAPES:
            yield node, kind


def check_cuda_graph(model: onnx.ModelProto) -> None:
    """Raises KernelError as `check_kernels` does, also for the loop's body, and if that has anything that runs on the
    host but the choice of an If, an attention that is not one fused node without a mask, a norm or a GELU in parts, or
    a Cast of a Cast."""
    types = check_kernels(model)
    casts: set[str] = set()
    types |= {value.name: value.type.tensor_type.elem_type for value in loop_body(model).input}
    for node in loop_nodes(model):
        kind = _note(node, types)
        _check_kernel(node, kind, model)
        if kind not in _FLOATS and node.op_type not in _CHOICES:
            raise KernelError(f'{node.name}: {node.op_type} computes whole numbers in the loop')
        if node.op_type in ('Shape', 'Softmax', 'Tanh', 'Erf', 'Pow', 'Loop'):
            raise KernelError(f'{node.name}: {node.op_type} in the loop')
        if node.op_type == 'MultiHeadAttention' and any(list(node.input)[3:]):
            raise KernelError(f'{node.name}: an attention with a bias or a mask, which flash attention does not take')
        if node.op_type == 'Cast':
            if node.input[0] in casts:
                raise KernelError(f'{node.name}: a Cast of a Cast')
            casts.update(node.output)


def loop_body(model: onnx.ModelProto) -> onnx.GraphProto:
    """The graph of one step."""
    scan = next(node for node in model.graph.node if node.op_type == 'Scan')
    return next(attribute.g for attribute in scan.attribute if attribute.name == 'body')


def loop_nodes(model: onnx.ModelProto) -> list[NodeProto]:
    """Nodes of the loop's body, those of its branches before the If that chooses."""
    return list(_with_branches(loop_body(model).node))


def _with_branches(nodes: Iterable[NodeProto]) -> Iterator[NodeProto]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _with_branches(attribute.g.node)
        yield node


def launches(model: onnx.ModelProto) -> int:
    """Kernels that one step launches: its nodes without those that are free."""
    return sum(node.op_type not in FREE for node in loop_nodes(model))


def launches_before(model: onnx.ModelProto) -> int:
    """Kernels that a run launches before its loop."""
    free = {*FREE, 'Shape', 'Scan'}
    return sum(node.op_type not in free for node, _ in _on_device(model, check_kernels(model)))


def _check_kernel(node: NodeProto, kind: int, model: onnx.ModelProto) -> None:
    known = KERNELS.get(node.op_type)
    if known is None or kind not in known.types:
        name = TensorProto.DataType.Name(kind)
        raise KernelError(f'{node.name}: ONNX Runtime has no CUDA kernel of {node.op_type} for {name}')
    version = _version(node, model)
    if version not in known.since:
        raise KernelError(f'{node.name}: ONNX Runtime has no CUDA kernel of {node.op_type} in version {version}')


def _version(node: NodeProto, model: onnx.ModelProto) -> int:
    """The opset that brought the operator as the graph has it; 1 for ONNX Runtime's own, one of which has no domain."""
    opset = next(item.version for item in model.opset_import if item.domain == node.domain)
    if not defs.has(node.op_type, node.domain):
        return 1
    return defs.get_schema(node.op_type, opset, node.domain).since_version


def _note(node: NodeProto, types: dict[str, int]) -> int:
    """Records the types of a node's outputs; returns that of its first input."""
    kind = types[node.input[0]]
    made = kind
    if node.op_type == 'Cast':
        made = helper.get_attribute_value(node.attribute[0])
    if node.op_type == 'Shape':
        made = TensorProto.INT64
    if node.op_type in ('GreaterOrEqual', 'Less'):
        made = TensorProto.BOOL
    if node.op_type == 'Where':
        made = types[node.input[1]]
    if node.op_type == 'If':
        made = types[node.attribute[0].g.output[0].name]
    types.update(dict.fromkeys(node.output, made))
    return kind
