"""Weights stored as float16 on disk and used in float32."""

from __future__ import annotations

import copy

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

MIN_NUMBERS = 256
"""Smaller tensors (biases, norms, constants) stay float32: they take no space and matter a lot."""


def rounded_to_half(module: nn.Module) -> nn.Module:
    """A copy whose large parameters are rounded to float16 values. Raises ValueError if one does not fit in float16."""
    rounded = copy.deepcopy(module)
    with torch.no_grad():
        for name, parameter in rounded.named_parameters():
            if parameter.numel() < MIN_NUMBERS or parameter.dim() < 2:
                continue
            half = parameter.half()
            if not half.isfinite().all():
                raise ValueError(f'{name} has values too large for float16')
            parameter.copy_(half.float())
    return rounded


def store_as_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Converts every float32 weight that float16 represents exactly to float16, behind a Cast, in place.

    ONNX Runtime folds the Casts when it loads the graph.
    """
    casts = []
    for initializer in model.graph.initializer:
        if initializer.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(initializer)
        if values.size < MIN_NUMBERS:
            continue
        with np.errstate(over='ignore'):
            half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = initializer.name
        initializer.CopyFrom(numpy_helper.from_array(half, f'{name}.half'))
        casts.append(helper.make_node('Cast', [f'{name}.half'], [name], name=f'{name}.cast', to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    model.graph.ClearField('node')
    model.graph.node.extend(casts + nodes)
    return model
