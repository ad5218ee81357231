"""PyTorch module → ONNX graph."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from torch import nn

from ..model.fused import use_fused_ops
from .graph_spec import GraphSpec

OPSET = 20


def trace(spec: GraphSpec) -> onnx.ModelProto:
    """The graph of a module: ONNX opset 20 and ONNX Runtime's fused attention and rotation, float32 weights."""
    return trace_module(
        spec.module, tuple(spec.inputs.values()), dict(spec.axes), input_names=list(spec.inputs), outputs=spec.outputs
    )


def trace_module(
    module: nn.Module, inputs: tuple, axes: dict[str, Any], input_names: list[str], outputs: list[str]
) -> onnx.ModelProto:
    """The graph of any module, named and cleaned as all graphs here are.

    axes: the free axes by argument name, nested as the arguments are; input_names: one for each tensor of `inputs`.
    """
    with _quiet(), use_fused_ops(), torch.no_grad():
        program = torch.onnx.export(
            module.eval(),
            inputs,
            dynamo=True,
            dynamic_shapes=axes,
            input_names=input_names,
            output_names=outputs,
            opset_version=OPSET,
            optimize=True,
            verbose=False,
        )
    return _without_notes(program.model_proto)


def _without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    # The exporter notes stack traces and shapes on every node: they triple a small graph and name this machine's files.
    model.ClearField('metadata_props')
    model.ClearField('doc_string')
    graph = model.graph
    graph.ClearField('metadata_props')
    graph.ClearField('doc_string')
    graph.ClearField('value_info')
    for item in (*graph.node, *graph.initializer, *graph.input, *graph.output):
        item.ClearField('metadata_props')
        item.ClearField('doc_string')
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Holds back what the exporter says about itself (absent torchvision, names of equal axes)."""
    logger = logging.getLogger('torch.onnx')
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            yield
        finally:
            logger.setLevel(level)
