"""Checks an exported graph against the module it was traced from."""

from __future__ import annotations

from pathlib import Path

import torch

from .graph_spec import GraphSpec

STEP_TOLERANCE = 1e-4
"""Largest error of one run of a float32 graph, in units of its output's standard deviation."""


class SelfCheckError(Exception):
    """The output of an exported graph differs from its module's."""


def relative_error(actual: torch.Tensor, expected: torch.Tensor) -> float:
    """Largest difference, in units of the standard deviation of `expected`. Raises ValueError if the shapes differ."""
    if actual.shape != expected.shape:
        raise ValueError(f'shape {tuple(actual.shape)} instead of {tuple(expected.shape)}')
    return float((actual.double() - expected.double()).abs().max() / expected.double().std())


def check_graph(path: Path, spec: GraphSpec, tolerance: float = STEP_TOLERANCE) -> float:
    """Runs the graph on the example inputs; returns its largest error in units of the output's standard deviation.

    The example covers frames of different sizes, history, padded texts and a batch of two. Raises SelfCheckError if the
    error is above `tolerance`.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    feeds = {name: value.contiguous().numpy() for name, value in spec.inputs.items()}
    outputs = session.run(spec.outputs, feeds)
    with torch.no_grad():
        expected = spec.module(**spec.inputs)
    expected = [expected] if isinstance(expected, torch.Tensor) else expected
    worst = 0.0
    for name, ours, theirs in zip(spec.outputs, outputs, expected, strict=True):
        seen = spec.inputs.get('attention_mask')
        ours = torch.from_numpy(ours)
        if seen is not None:
            # Rows of padding are meaningless and may differ.
            ours, theirs = ours[seen.bool()], theirs[seen.bool()]
        error = relative_error(ours, theirs)
        if not error <= tolerance:
            raise SelfCheckError(f'{path.name}: {name} differs by {error:.2e} of its std (limit {tolerance:.0e})')
        worst = max(worst, error)
    return worst
