"""Writes graphs to files."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx

from ..model.dit import DiT
from .cuda_kernels import check_cuda_graph, check_kernels
from .graph_spec import GraphSpec, text_projector_spec
from .kept_sampler_graph import check_kept_sampler, kept_sampler_graph
from .manifest import CUDA_GRAPHS, KEPT_SAMPLER_FILE
from .precision import Precision, apply_precision, graph_precision, graph_tolerance
from .sampler_graph import check_sampler, sampler_graph
from .self_check import check_graph
from .trace import trace

_LARGE = 256 * 2**20


def write_graphs(folder: Path, specs: list[GraphSpec], precision: Precision) -> dict[str, float]:
    """Traces, writes and checks each graph; returns the error of each file.

    Raises SelfCheckError if an error is too large, ValueError if a weight does not fit the precision.
    """
    errors = {}
    for spec in specs:
        chosen = graph_precision(spec.file, precision)
        save_graph(apply_precision(trace(spec), chosen, spec.half_io), folder / spec.file)
        errors[spec.file] = check_graph(folder / spec.file, spec, graph_tolerance(spec.file, precision))
    return errors


def write_cuda_graphs(folder: Path, dit: DiT, precision: Precision, keeps: bool = False) -> dict[str, float]:
    """Writes and checks the graphs that replace conditioner and denoiser on CUDA; returns the error of each file.

    keeps: also the sampler whose steps share what the first of a run computes of the history.

    Raises as `write_graphs` does, ValueError for int8, which is for CPUs, and KernelError if CUDA could not run a node.
    """
    if precision == 'int8':
        raise ValueError('int8 is for CPUs: there are no CUDA graphs in it')
    projector = text_projector_spec(dit)
    errors = write_graphs(folder, [projector], precision)
    check_kernels(onnx.load(folder / projector.file, load_external_data=False))
    samplers = {CUDA_GRAPHS['sampler']: (sampler_graph, check_sampler)}
    if keeps:
        samplers[KEPT_SAMPLER_FILE] = (kept_sampler_graph, check_kept_sampler)
    for file, (make, check) in samplers.items():
        graph = make(dit, precision)
        check_cuda_graph(graph)
        save_graph(graph, folder / file)
        errors[file] = check(folder / file, dit, graph_tolerance(file, precision))
    return errors


def save_graph(model: onnx.ModelProto, path: Path) -> None:
    """Writes a graph. Weights of more than 256 MB go into `<file>.data`, and are removed from `model`.

    A graph file cannot exceed 2 GB, and separate weights are mapped into memory instead of being read and copied.
    """
    if sum(len(tensor.raw_data) for tensor in model.graph.initializer) <= _LARGE:
        onnx.save(model, path)
    else:
        data = path.with_name(f'{path.name}.data')
        onnx.save(model, path, save_as_external_data=True, location=data.name, size_threshold=1024)
        # onnx makes it readable by its owner only, and workers often run as a different user.
        shutil.copymode(path, data)
