"""Graphs to files."""

from __future__ import annotations

from pathlib import Path

from .graph_spec import GraphSpec
from .half_storage import store_as_half
from .save_graph import save_graph
from .self_check import check_graph
from .trace import trace


def write_graphs(folder: Path, specs: list[GraphSpec], half: bool) -> dict[str, float]:
    """Traces, writes and checks each graph; returns each file's error. Raises SelfCheckError."""
    errors = {}
    for spec in specs:
        model = trace(spec)
        save_graph(store_as_half(model) if half else model, folder / spec.file)
        errors[spec.file] = check_graph(folder / spec.file, spec)
    return errors
