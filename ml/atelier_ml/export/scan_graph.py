"""Joins traced graphs to one, and makes the repeated part of it the body of an ONNX Scan."""

from __future__ import annotations

import hashlib

import onnx
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper

_HALF = TensorProto.FLOAT16
_EACH_STEP = 'scan.'
"""How the names of nodes begin that pick what a step has of its own."""


def first_row(name: str, prefix: str, each_step: bool = True) -> NodeProto:
    """Picks the first row of `name` for the graph of one step; with `each_step` the Scan will pick that of its step.

    Needs an initializer `first` of 0.
    """
    start = _EACH_STEP if each_step else 'start.'
    return helper.make_node('Gather', [name, 'first'], [f'{prefix}.{name}'], name=f'{start}{name}', axis=0)


def first_of_rows() -> TensorProto:
    """The initializer of `first_row`."""
    return numpy_helper.from_array(torch.tensor(0).numpy(), 'first')


def joined_model(graph: onnx.GraphProto, *sources: onnx.ModelProto) -> onnx.ModelProto:
    """A model of a graph that was made of the graphs of others."""
    opsets = sorted({(item.domain, item.version) for model in sources for item in model.opset_import})
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid(*item) for item in opsets], ir_version=sources[0].ir_version
    )


def rename(graph: onnx.GraphProto, prefix: str, shared: set[str]) -> None:
    """Gives everything in a graph a prefix but the names in `shared`."""

    def new(name: str) -> str:
        return name if not name or name in shared else f'{prefix}.{name}'

    for item in (*graph.input, *graph.output, *graph.initializer):
        item.name = new(item.name)
    for node in graph.node:
        node.name = f'{prefix}.{node.name}'
        node.input[:] = [new(name) for name in node.input]
        node.output[:] = [new(name) for name in node.output]


def scan(flat: onnx.ModelProto, states: dict[str, str]) -> onnx.ModelProto:
    """Moves what changes from step to step into the body of a Scan. The rest runs once, before it.

    states: what a step changes, by its name in the graph of one step, and what it is before the first one. The graph's
    outputs are what the states have become after the step, in the same order: at the end, those of the Scan.
    """
    graph = flat.graph
    picks = [node for node in graph.node if node.name.startswith(_EACH_STEP)]
    rows = [node.output[0] for node in picks]
    now = {name: f'{name}.now' for name in states}
    changing = {*states, *rows}
    outside, inside = [], []
    for node in graph.node:
        # The shape of a state never changes.
        if node in picks or (node.op_type == 'Shape' and node.input[0] in states):
            moving = False
        else:
            moving = bool(changing.intersection(node.input))
        if moving:
            changing.update(node.output)
        node.input[:] = [(now if moving else states).get(name, name) for name in node.input]
        if node not in picks:
            (inside if moving else outside).append(node)
    start = numpy_helper.from_array(torch.zeros(1, dtype=torch.int64).numpy(), 'rotation.start')
    for node in (*outside, *inside):
        # The exporter shares this constant with axes, which are read on the host: ONNX Runtime would copy it each time.
        if node.op_type == 'RotaryEmbedding':
            node.input[1] = start.name
    # `compute_in_half` names what it makes float16 so.
    kinds = [_HALF if node.name.endswith('.half') else TensorProto.FLOAT for node in picks]
    held = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in now.values()]
    own = [helper.make_tensor_value_info(*item, None) for item in zip(rows, kinds, strict=True)]
    body = helper.make_graph(inside, 'step', [*held, *own], list(graph.output))
    loop = helper.make_node(
        'Scan',
        [*states.values(), *(node.input[0] for node in picks)],
        [value.name for value in graph.output],
        name='steps',
        body=body,
        num_scan_inputs=len(picks),
    )
    used = {name for node in (*outside, *inside) for name in node.input}
    kept = [start, *(tensor for tensor in graph.initializer if tensor.name in used)]
    result = helper.make_graph([*outside, loop], 'sampler', list(graph.input), list(graph.output), kept)
    return joined_model(result, flat)


def branch(graph: onnx.GraphProto, value: str, condition: str, otherwise: str) -> None:
    """Computes `value` only where `condition` is false, and takes `otherwise` for it where it is true: what is needed
    for it alone moves into a branch of an ONNX If. The condition must be computed before the value."""
    nodes = list(graph.node)
    maker = next(node for node in nodes if value in node.output)
    needed = _makers_of(nodes, {value}, without=None)
    shared = _makers_of(nodes, {condition, *(output.name for output in graph.output)}, without=maker)
    moved = [node for node in nodes if node.output[0] in needed - shared]
    inner = f'{value}.computed'
    maker.output[:] = [inner if name == value else name for name in maker.output]
    same = helper.make_node('Identity', [otherwise], [f'{value}.taken'], name=f'{value}.taken')
    branches = {
        'then_branch': helper.make_graph([same], 'taken', [], [_value(same.output[0])]),
        'else_branch': helper.make_graph(moved, 'computed', [], [_value(inner)]),
    }
    choice = helper.make_node('If', [condition], [value], name=f'{value}.choice', **branches)
    graph.ClearField('node')
    for node in nodes:
        if node is maker:
            graph.node.append(choice)
        elif node not in moved:
            graph.node.append(node)


def _makers_of(nodes: list[NodeProto], values: set[str], without: NodeProto | None) -> set[str]:
    """First outputs of the nodes that values depend on, those behind a node left aside."""
    wanted, found = set(values), set()
    for node in reversed(nodes):
        if node is not without and wanted.intersection(node.output):
            wanted.update(filter(None, node.input))
            found.add(node.output[0])
    return found


def _value(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)


def share_weights(graph: onnx.GraphProto) -> None:
    """Keeps one of each set of equal initializers."""
    names: dict[bytes, str] = {}
    renamed: dict[str, str] = {}
    kept = []
    for tensor in graph.initializer:
        key = hashlib.sha256(tensor.raw_data + repr((list(tensor.dims), tensor.data_type)).encode()).digest()
        renamed[tensor.name] = names.setdefault(key, tensor.name)
        if renamed[tensor.name] == tensor.name:
            kept.append(tensor)
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    graph.ClearField('initializer')
    graph.initializer.extend(kept)
