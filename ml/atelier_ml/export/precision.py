"""The precisions in which a model folder's graphs can store weights and compute."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

import onnx

from .half_compute import compute_in_half
from .half_storage import store_as_half
from .int8_products import multiply_in_int8
from .manifest import CUDA_GRAPHS, GRAPH_FILES, KEPT_SAMPLER_FILE

Precision = Literal['fp32', 'fp16-storage', 'fp16', 'mixed', 'int8']
"""
- `fp32`: float32 throughout.
- `fp16-storage`: large weights that float16 represents exactly are float16 on disk; the arithmetic is float32.
- `fp16`: weights and activations are float16; the residual stream, the statistics of norms and softmax, the time
  embedding and the rotary angles are float32.
- `mixed`: products (linear layers, convolutions, attention) and operations between two of them are float16; norms,
  modulation and everything else are float32.
- `int8`: the denoiser's large linear layers have int8 weights and quantise their input at run time; for CPUs. The other
  graphs are `fp16-storage`.

A graph's inputs and outputs have the same types in all of them, but for the projected text of the graphs for CUDA.
"""

PRECISIONS: tuple[Precision, ...] = get_args(Precision)

TOLERANCES: dict[Precision, float] = {'fp32': 1e-4, 'fp16-storage': 1e-4, 'fp16': 2e-2, 'mixed': 2e-2, 'int8': 0.5}
"""Largest error of one pass through a graph, in units of its output's standard deviation.

The limit for `int8` only tells a working graph from a broken one: the loss depends on the weights.
"""


def graph_precision(file: str, precision: Precision) -> Precision:
    """The precision of the graph `file` (a value of `GRAPH_FILES`) in a folder exported with `precision`.

    T5's activations overflow float16, so the text encoder computes in float32; int8 only pays off in the denoiser.
    """
    if precision in ('fp16', 'mixed') and file == GRAPH_FILES['textEncoder']:
        return 'fp16-storage'
    if precision == 'int8' and file != GRAPH_FILES['denoiser']:
        return 'fp16-storage'
    return precision


def graph_tolerance(file: str, precision: Precision) -> float:
    """The largest error of a run of the graph `file` in a folder exported with `precision`. A sampler's run has several
    steps, in which the errors of each grow."""
    limit = TOLERANCES[graph_precision(file, precision)]
    return max(limit, 1e-3) if file in (CUDA_GRAPHS['sampler'], KEPT_SAMPLER_FILE) else limit


def apply_precision(model: onnx.ModelProto, precision: Precision, half_io: Collection[str] = ()) -> onnx.ModelProto:
    """Converts a traced float32 graph to `precision`, in place. The weights must be inside the model.

    half_io: inputs and outputs that are float16 where the graph computes in float16.

    Raises ValueError if a weight that has to be float16 does not fit.
    """
    if precision == 'fp16-storage':
        return store_as_half(model)
    if precision in ('fp16', 'mixed'):
        return compute_in_half(model, products_only=precision == 'mixed', half_io=half_io)
    if precision == 'int8':
        return multiply_in_int8(model)
    return model
