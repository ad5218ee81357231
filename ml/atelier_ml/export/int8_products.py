"""Converts the large linear layers of a float32 graph to int8."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import NodeProto, helper, numpy_helper

MIN_SIDE = 96
"""Layers with fewer inputs or outputs (patch embedding, output) stay float32: they are cheap, and critical."""

# Seven bits: CPUs without VNNI add pairs of 8-bit products in 16 bits, where two full-scale products overflow.
_LIMIT = 63


def multiply_in_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replaces every MatMul with a constant matrix of at least `MIN_SIDE` on both sides by an int8 product, in place.

    Weights have one scale per output channel. Activations have one scale and zero point per tensor, computed at run
    time; layers that share an input quantise it once. A bias added right after the product is fused into it.
    """
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    readers: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    nodes: list[NodeProto] = []
    quantised: set[str] = set()
    merged: set[str] = set()
    for node in graph.node:
        if node.op_type == 'Add' and node.output[0] in merged:
            continue
        if node.op_type != 'MatMul' or not _is_large(weights.get(node.input[1])):
            nodes.append(node)
            continue
        source, weight = node.input
        if source not in quantised:
            quantised.add(source)
            parts = [f'{source}.int8', f'{source}.scale', f'{source}.zero']
            nodes.append(helper.make_node('DynamicQuantizeLinear', [source], parts, name=f'{source}.quantise'))
        if f'{weight}.int8' not in weights:
            for tensor in _quantise(weights[weight]):
                weights[tensor.name] = tensor
        bias, output = _bias_after(node, readers, weights)
        merged.add(output)
        inputs = [f'{source}.int8', f'{weight}.int8', f'{source}.scale', f'{weight}.scale', f'{source}.zero']
        inputs += ['', bias] if bias else []
        nodes.append(
            helper.make_node('MatMulIntegerToFloat', inputs, [output], name=f'{output}.int8', domain='com.microsoft')
        )
    used = {name for node in nodes for name in node.input}
    graph.ClearField('initializer')
    graph.initializer.extend(tensor for tensor in weights.values() if tensor.name in used)
    graph.ClearField('node')
    graph.node.extend(nodes)
    return model


def _is_large(tensor: onnx.TensorProto | None) -> bool:
    return tensor is not None and len(tensor.dims) == 2 and min(tensor.dims) >= MIN_SIDE


def _bias_after(
    node: NodeProto, readers: dict[str, list[NodeProto]], weights: dict[str, onnx.TensorProto]
) -> tuple[str | None, str]:
    """The bias added by the product's only consumer, and that consumer's output; otherwise None and the product's
    own."""
    output = node.output[0]
    following = readers.get(output, [])
    if len(following) == 1 and following[0].op_type == 'Add':
        other = [name for name in following[0].input if name != output]
        if len(other) == 1 and other[0] in weights and len(weights[other[0]].dims) == 1:
            return other[0], following[0].output[0]
    return None, output


def _quantise(tensor: onnx.TensorProto) -> list[onnx.TensorProto]:
    values = numpy_helper.to_array(tensor)
    scale = np.maximum(np.abs(values).max(axis=0), np.finfo(np.float32).tiny) / _LIMIT
    whole = np.rint(values / scale).astype(np.int8)
    return [
        numpy_helper.from_array(whole, f'{tensor.name}.int8'),
        numpy_helper.from_array(scale.astype(np.float32), f'{tensor.name}.scale'),
    ]
