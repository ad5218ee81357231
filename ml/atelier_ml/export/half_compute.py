"""Converts a float32 graph to compute in float16 where little accuracy is lost."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

_PRODUCTS = {'MatMul', 'Gemm', 'Conv', 'MultiHeadAttention'}
_BETWEEN_PRODUCTS = {'RotaryEmbedding', 'Gelu', 'FastGelu'}
_MOVES = {'Concat', 'Expand', 'Flatten', 'Gather', 'Identity', 'Pad', 'Reshape', 'Resize', 'Slice', 'Split'}
_MOVES |= {'Squeeze', 'Transpose', 'Unsqueeze', 'Where'}
_STATISTICS = {'Exp', 'InstanceNormalization', 'LayerNormalization', 'Pow', 'Reciprocal', 'ReduceMean', 'Softmax'}
_STATISTICS |= {'Abs', 'ReduceMax', 'SkipLayerNormalization', 'Sqrt', 'Tanh'}
# Time steps and positions, and whatever depends on them alone: float16 is too imprecise for them.
_EXACT_INPUTS = {'timestep', 'timesteps', 'positions', 'norms', 'gates', 'cosines', 'sines', 'threshold'}
_MEANS = {'ReduceMax', 'ReduceMean'}
_COMPARISONS = {'Equal', 'Greater', 'Less'}
_BOOLEAN = {*_COMPARISONS, 'And', 'Not', 'Or'}


def compute_in_half(model: onnx.ModelProto, products_only: bool, half_io: Collection[str] = ()) -> onnx.ModelProto:
    """Inserts Casts around the nodes that should compute in float16 and converts their weights, in place.

    Sums and differences of two activations (the residual stream), comparisons, the statistics of norms, what follows
    means directly, and whatever depends only on the time step or on positions stay in float32. products_only: so does
    everything that is neither a product nor between two.
    SimplifiedLayerNormalization computes its statistics in float32 regardless of its type.
    half_io: inputs and outputs of the graph that become float16 themselves; all others keep their types.
    Raises ValueError if a weight does not fit in float16.
    """
    _Halver(model.graph, products_only, set(half_io)).run()
    return model


class _Halver:
    def __init__(self, graph: onnx.GraphProto, products_only: bool, half_io: set[str]) -> None:
        self._graph = graph
        self._products_only = products_only
        self._weights = {tensor.name: tensor for tensor in graph.initializer}
        self._types = {tensor.name: tensor.data_type for tensor in graph.initializer}
        self._types |= {value.name: value.type.tensor_type.elem_type for value in graph.input}
        # Weights, and whatever depends only on the exact inputs, are not signals: they do not grow with the sequence.
        self._signals = {value.name for value in graph.input if value.name not in _EXACT_INPUTS}
        self._half_io = half_io
        self._halves = half_io.intersection(value.name for value in graph.input)
        self._products: set[str] = set()
        self._means: set[str] = set()
        self._casts: dict[str, str] = {}
        self._makers: dict[str, NodeProto] = {}
        self._nodes: list[NodeProto] = []

    def run(self) -> None:
        outputs = {value.name for value in self._graph.output}
        wide = outputs - self._half_io
        for node in list(self._graph.node):
            half = self._is_half(node)
            self._note(node, half)
            node.input[:] = [self._as(name, half) for name in node.input]
            # Outputs whose type here is not the one that they have as the graph's.
            turned = [name for name in node.output if name in outputs and (name in self._halves) == (name in wide)]
            inner = {name: f'{name}.{"half" if name in wide else "wide"}' for name in turned}
            node.output[:] = [inner.get(name, name) for name in node.output]
            self._nodes.append(node)
            self._makers.update(dict.fromkeys(node.output, node))
            for name, own in inner.items():
                self._nodes.append(_cast(own, name, TensorProto.FLOAT if name in wide else TensorProto.FLOAT16))
        self._drop_unused(outputs)
        for value in (*self._graph.input, *self._graph.output):
            if value.name in self._half_io:
                value.type.tensor_type.elem_type = TensorProto.FLOAT16
        used = {name for node in self._nodes for name in node.input}
        kept = [tensor for tensor in self._weights.values() if tensor.name in used]
        self._graph.ClearField('initializer')
        self._graph.initializer.extend(kept)
        self._graph.ClearField('node')
        self._graph.node.extend(self._nodes)

    def _is_half(self, node: NodeProto) -> bool:
        data = [name for name in node.input if self._types.get(name) == TensorProto.FLOAT]
        signals = [name for name in data if name in self._signals]
        if not signals or node.op_type in _STATISTICS | _COMPARISONS or node.op_type in ('Cast', 'Shape', 'Size'):
            return False
        if node.op_type in _MOVES:
            return all(name in self._halves for name in signals)
        if self._means.issuperset(signals):
            return False
        if node.op_type in ('Add', 'Sub') and len(signals) == 2:
            return False
        if not self._products_only:
            return True
        bias = node.op_type == 'Add' and signals[0] in self._products and len(set(data) & set(self._weights)) == 1
        return bias or node.op_type in _PRODUCTS | _BETWEEN_PRODUCTS

    def _note(self, node: NodeProto, half: bool) -> None:
        """Records the types of the node's outputs, and whether they are signals, float16, or come directly from a
        product or a mean."""
        kind = self._output_type(node)
        self._types |= dict.fromkeys(node.output, kind)
        if kind != TensorProto.FLOAT:
            return
        if self._signals.intersection(node.input):
            self._signals.update(node.output)
        if half:
            self._halves.update(node.output)
        if node.op_type in _PRODUCTS:
            self._products.update(node.output)
        if node.op_type in _MEANS:
            self._means.update(node.output)

    def _output_type(self, node: NodeProto) -> int:
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        if node.op_type == 'Cast':
            return attributes['to']
        if node.op_type in ('Shape', 'Size'):
            return TensorProto.INT64
        if node.op_type in _BOOLEAN:
            return TensorProto.BOOL
        if node.op_type in ('Constant', 'ConstantOfShape'):
            return attributes['value'].data_type if 'value' in attributes else TensorProto.FLOAT
        return self._types[node.input[1 if node.op_type == 'Where' else 0]]

    def _as(self, name: str, half: bool) -> str:
        """The name of a float tensor in the given type; creates the Cast or the weight if needed."""
        if self._types.get(name) != TensorProto.FLOAT or half == (name in self._halves):
            return name
        other = self._casts.get(name)
        if other is None and half and self._move_half(name):
            return self._casts[name]
        if other is None:
            other = self._casts[name] = f'{name}.{"half" if half else "wide"}'
            if name in self._weights:
                self._weights[other] = _half_weight(self._weights[name], other)
            else:
                self._nodes.append(_cast(name, other, TensorProto.FLOAT16 if half else TensorProto.FLOAT))
        return other

    def _move_half(self, name: str) -> bool:
        """Makes the float16 of `name` by moving float16 around, where it is moved and no signal: one Cast of the whole
        instead of one of each part."""
        maker = self._makers.get(name)
        if maker is None or maker.op_type not in _MOVES or name in self._signals:
            return False
        copy = NodeProto()
        copy.CopyFrom(maker)
        copy.name = f'{maker.name}.half'
        copy.input[:] = [self._as(item, True) for item in maker.input]
        copy.output[:] = [f'{item}.half' for item in maker.output]
        self._casts.update(zip(maker.output, copy.output, strict=True))
        self._nodes.append(copy)
        return True

    def _drop_unused(self, outputs: set[str]) -> None:
        used, kept = set(outputs), []
        for node in reversed(self._nodes):
            if used.intersection(node.output):
                used.update(node.input)
                kept.append(node)
        self._nodes = kept[::-1]


def _cast(name: str, to: str, kind: int) -> NodeProto:
    return helper.make_node('Cast', [name], [to], name=f'{to}.cast', to=kind)


def _half_weight(tensor: TensorProto, name: str) -> TensorProto:
    with np.errstate(over='ignore'):
        half = numpy_helper.to_array(tensor).astype(np.float16)
    if not np.isfinite(half).all():
        raise ValueError(f'{tensor.name} has values too large for float16: export it as fp32 or mixed')
    return numpy_helper.from_array(half, name)
