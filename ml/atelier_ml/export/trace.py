"""Tracing of PyTorch modules to ONNX graphs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from onnxscript.optimizer import fold_constants, remove_unused_nodes
from torch import nn

from ..model.fused import use_fused_ops
from .graph_spec import GraphSpec

OPSET = 20


def trace(spec: GraphSpec) -> onnx.ModelProto:
    """The graph of a module: ONNX opset 20 with ONNX Runtime's fused attention and rotary embedding, in float32."""
    return trace_module(
        spec.module, tuple(spec.inputs.values()), dict(spec.axes), input_names=list(spec.inputs), outputs=spec.outputs
    )


def trace_module(
    module: nn.Module, inputs: tuple, axes: dict[str, Any], input_names: list[str], outputs: list[str]
) -> onnx.ModelProto:
    """The graph of any module.

    axes: the dynamic axes by argument name, nested like the arguments; input_names: one for each tensor in `inputs`.
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
        # The exporter leaves large weights to be reshaped and transposed at each run.
        fold_constants(program.model, should_fold=lambda node: node.op_type in ('Reshape', 'Transpose') or None)
        remove_unused_nodes(program.model)
    return _without_metadata(program.model_proto)


def _without_metadata(model: onnx.ModelProto) -> onnx.ModelProto:
    # The exporter attaches stack traces and shapes to every node, which triple a small graph and leak local paths.
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
    """Silences the exporter's own warnings (missing torchvision, names of equal axes)."""
    logger = logging.getLogger('torch.onnx')
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            yield
        finally:
            logger.setLevel(level)
