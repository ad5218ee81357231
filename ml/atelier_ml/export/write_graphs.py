"""Graphs to files."""

from __future__ import annotations

from pathlib import Path

from .graph_spec import GraphSpec
from .precision import TOLERANCES, Precision, apply_precision, graph_precision
from .save_graph import save_graph
from .self_check import check_graph
from .trace import trace


def write_graphs(folder: Path, specs: list[GraphSpec], precision: Precision) -> dict[str, float]:
    """Traces, writes and checks each graph; returns each file's error.

    Raises SelfCheckError, and ValueError if a weight does not fit the precision.
    """
    errors = {}
    for spec in specs:
        chosen = graph_precision(spec.file, precision)
        save_graph(apply_precision(trace(spec), chosen), folder / spec.file)
        errors[spec.file] = check_graph(folder / spec.file, spec, TOLERANCES[chosen])
    return errors
