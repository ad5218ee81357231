"""Builds the sampler graph of `speed: "fast"`: its steps share the keys and values of the condition frames
(`historyRefresh`), and what the blocks behind the first one add (`stepCache`)."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import NodeProto, helper, numpy_helper

from ..model.dit import DiT
from .cuda_kernels import loop_body
from .precision import Precision, apply_precision
from .sampler_graph import INPUTS as EXACT_INPUTS
from .sampler_graph import (
    OUTPUTS,
    TracedPreparation,
    check_against,
    coefficients_input,
    traced_update,
)
from .sampler_in_torch import StepCache, run_in_torch
from .sampler_module import KeepingNetwork, TargetNetwork
from .scan_graph import branch, first_of_rows, first_row, joined_model, rename, scan, share_weights

INPUTS = (*EXACT_INPUTS, 'threshold')
_ADDED = ('first_added', 'others_added')
_STATES = {'later_latent': 'first_latent', 'later_predicted': 'first_predicted'} | {
    f'later_{name}': name for name in _ADDED
}
"""What later steps change, and what the first step has made of it."""
_PER_STEP = ('norms', 'gates', 'coefficients')


def kept_sampler_graph(dit: DiT, precision: Precision) -> onnx.ModelProto:
    """A graph with the inputs of `sampler_graph` and `threshold [1]`, and the same outputs. The first step of a run
    computes all frames; the others compute the target alone, with the keys and values that the first one had of the
    condition frames, and of the target only the first block where that changes less than the threshold: see
    `TargetNetwork`.

    Raises ValueError if a weight does not fit the precision.
    """
    prepared = TracedPreparation(dit)
    pairs = prepared.pairs
    kept = [f'{name}.kept' for name in pairs]
    halves = {'text', *pairs, *kept}
    first = apply_precision(_first_step(prepared, dit, kept), precision, half_io=halves)
    later = apply_precision(_later_step(prepared, dit, kept), precision, half_io=halves)
    # What converts to float16 has the same names in both.
    rename(first.graph, 'f', {value.name for value in (*first.graph.input, *first.graph.output)})
    start, end = traced_update(dit, 'f.u'), traced_update(dit, 'u')
    first_names = {'next_latent': 'first_latent', 'next_predicted': 'first_predicted', 'output': 'first_output'}
    _substitute(start.graph, first_names)
    _substitute(end.graph, {name: f'later_{name}' for name in ('latent', 'predicted')})
    later_names = {name: f'later_{name}' for name in ('latent', *_ADDED)}
    _substitute(later.graph, later_names | {name: f'{name}.later' for name in ('norms', 'gates')})
    values = {value.name: value for graph in (start.graph, first.graph, later.graph) for value in graph.input}
    values['coefficients'] = coefficients_input()
    made = {value.name: value for value in later.graph.output}
    picks = [first_row('coefficients', 'f.u', each_step=False), first_row('coefficients', 'u')]
    picks[1].input[0] = 'coefficients.later'
    graph = helper.make_graph(
        [
            *first.graph.node,
            picks[0],
            *start.graph.node,
            *(_without_first(name) for name in _PER_STEP),
            *later.graph.node,
            picks[1],
            *end.graph.node,
        ],
        'sampler',
        [values[name] for name in INPUTS],
        [*end.graph.output, *(made[f'next_{name}'] for name in _ADDED)],
        [*_bounds(), *(tensor for model in (first, start, later, end) for tensor in model.graph.initializer)],
    )
    share_weights(graph)
    looped = scan(joined_model(graph, first, later, start, end), _STATES)
    del looped.graph.output[len(OUTPUTS) :]
    branch(loop_body(looped), 'next_others_added', 'all_taken', 'later_others_added.now')
    return looped


def _first_step(prepared: TracedPreparation, dit: DiT, kept: list[str]) -> onnx.ModelProto:
    """Preparation and a step of all frames; outputs are what it says, what it keeps, and what later steps need."""
    network = prepared.trace_network(KeepingNetwork(dit), ['first_output', *_ADDED, *kept])
    shared = {*prepared.names, *kept, *_ADDED, 'latent', 'frame_slots', 'token_slot', 'first_output'}
    rename(network.graph, 'f', shared)
    picks = [first_row(name, 'f', each_step=False) for name in ('norms', 'gates')]
    values = {value.name: value for graph in (prepared.model.graph, network.graph) for value in graph.input}
    graph = helper.make_graph(
        [*prepared.model.graph.node, *picks, *network.graph.node],
        'first',
        [values[name] for name in EXACT_INPUTS if name in values],
        [*network.graph.output, *prepared.model.graph.output],
        [*prepared.model.graph.initializer, first_of_rows(), *network.graph.initializer],
    )
    return joined_model(graph, prepared.model, network)


def _later_step(prepared: TracedPreparation, dit: DiT, kept: list[str]) -> onnx.ModelProto:
    """A step of the target alone, whose inputs are outputs of the first one; marked nodes pick what is its own."""
    outputs = ['output', *(f'next_{name}' for name in _ADDED), 'all_taken']
    network = prepared.trace_target_network(TargetNetwork(dit), outputs, list(_ADDED), kept)
    rename(network.graph, 'n', {*prepared.names, *kept, *_ADDED, *outputs, 'latent', 'threshold'})
    values = {value.name: value for value in network.graph.input}
    whole = {value.name: value for value in prepared.model.graph.output}
    own = [values.pop(f'n.{name}') and whole[name] for name in ('norms', 'gates')]
    graph = helper.make_graph(
        [first_row('norms', 'n'), first_row('gates', 'n'), *network.graph.node],
        'later',
        [*own, *values.values()],
        list(network.graph.output),
        [first_of_rows(), *network.graph.initializer],
    )
    return joined_model(graph, network)


def _substitute(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    for item in (*graph.input, *graph.output):
        item.name = names.get(item.name, item.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def _bounds() -> list[onnx.TensorProto]:
    values = {'later.from': [1], 'later.to': [2**31 - 1], 'later.axis': [0]}
    return [numpy_helper.from_array(torch.tensor(value).numpy(), name) for name, value in values.items()]


def _without_first(name: str) -> NodeProto:
    inputs = [name, 'later.from', 'later.to', 'later.axis']
    return helper.make_node('Slice', inputs, [f'{name}.later'], name=f'later.{name}')


def check_kept_sampler(path: Path, dit: DiT, tolerance: float) -> float:
    """As `check_sampler`, once with every step computed and once with none but the first."""

    def run(network: DiT, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        return run_in_torch(network, inputs, StepCache(network, inputs))

    return max(
        check_against(path, dit, tolerance, run, {'threshold': torch.tensor([threshold])}) for threshold in (0.0, 10.0)
    )
