"""The number types that a model folder's graphs can hold and compute with."""

from __future__ import annotations

from typing import Literal, get_args

import onnx

from .half_compute import compute_in_half
from .half_storage import store_as_half
from .int8_products import multiply_in_int8
from .manifest import GRAPH_FILES

Precision = Literal['fp32', 'fp16-storage', 'fp16', 'mixed', 'int8']
"""
- `fp32`: everything.
- `fp16-storage`: large weights that float16 holds without loss are float16 on disk; the arithmetic is float32.
- `fp16`: weights and activations are float16; the residual stream, statistics of norms and softmax, the time embedding
  and the angles of the rotation are float32.
- `mixed`: products (linear layers, convolutions, attention) and what lies between two of them are float16; norms,
  modulation and everything else are float32.
- `int8`: the denoiser's large linear layers have int8 weights and quantise their input at run time; for CPUs. The other
  graphs are `fp16-storage`.

Inputs and outputs of a graph are the same in all of them: float32 stays float32.
"""

PRECISIONS: tuple[Precision, ...] = get_args(Precision)

TOLERANCES: dict[Precision, float] = {'fp32': 1e-4, 'fp16-storage': 1e-4, 'fp16': 2e-2, 'mixed': 2e-2, 'int8': 0.5}
"""Largest error of one run of a graph, in units of its output's standard deviation.

That of `int8` only tells a working graph from a broken one: how much it loses depends on the weights.
"""


def graph_precision(file: str, precision: Precision) -> Precision:
    """What `precision` of a folder means for its graph `file` (a value of `GRAPH_FILES`).

    T5's activations outgrow float16, so the text encoder computes in float32; int8 pays in the denoiser alone.
    """
    if precision in ('fp16', 'mixed') and file == GRAPH_FILES['textEncoder']:
        return 'fp16-storage'
    if precision == 'int8' and file != GRAPH_FILES['denoiser']:
        return 'fp16-storage'
    return precision


def apply_precision(model: onnx.ModelProto, precision: Precision) -> onnx.ModelProto:
    """Turns a traced float32 graph into `precision`, in place. The weights must be in the model, not beside it.

    Raises ValueError if a weight does not fit float16 where it has to.
    """
    if precision == 'fp16-storage':
        return store_as_half(model)
    if precision in ('fp16', 'mixed'):
        return compute_in_half(model, products_only=precision == 'mixed')
    if precision == 'int8':
        return multiply_in_int8(model)
    return model
