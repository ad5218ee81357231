"""PyTorch module → ONNX graph."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import onnx
import torch

from ..model.fused import use_fused_ops
from .graph_spec import GraphSpec

OPSET = 20


def trace(spec: GraphSpec) -> onnx.ModelProto:
    """The graph of a module: ONNX opset 20 and ONNX Runtime's fused attention and rotation, float32 weights."""
    with _quiet(), use_fused_ops(), torch.no_grad():
        program = torch.onnx.export(
            spec.module.eval(),
            tuple(spec.inputs.values()),
            dynamo=True,
            dynamic_shapes=dict(spec.axes),
            input_names=list(spec.inputs),
            output_names=spec.outputs,
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
