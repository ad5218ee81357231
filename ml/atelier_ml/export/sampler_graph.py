"""Builds the sampler graph: several steps of the denoiser in one run, as an ONNX Scan over the steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from torch import nn
from torch.export import Dim

from ..model.dit import DiT
from ..model.layout import FrameLayout
from .precision import Precision, apply_precision
from .sampler_in_torch import run_in_torch
from .sampler_module import Network, Preparation
from .sampler_update import Update
from .scan_graph import first_of_rows, first_row, joined_model, rename, scan
from .self_check import SelfCheckError, relative_error
from .trace import trace_module

INPUTS = (
    'latent',
    'predicted',
    'patches',
    'positions',
    'text',
    'text_lengths',
    'indicator_embedding',
    'frame_slots',
    'token_slot',
    'timesteps',
    'coefficients',
    'guidance',
)
OUTPUTS = ('next_latent', 'next_predicted')
_FIRST = ('patches', 'positions', 'text', 'text_lengths', 'indicator_embedding', 'timesteps')
_PREPARED = ('norms', 'gates', 'cosines', 'sines', 'embedded')
# Every axis has a different size: the tracer could mistake axes of equal size for one another.
_FRAMES = [(2, 4), (4, 5), (3, 3)]
_GENERATIONS, _PASSES, _TEXT, _STEPS = 6, 2, 7, 5


def sampler_inputs(dit: DiT) -> dict[str, torch.Tensor]:
    """Inputs of five steps: several generations, frames of different sizes, padded texts, guidance of each, a
    second-order sampler."""
    config, layout = dit.config, FrameLayout.of(_FRAMES)
    tokens, frames = len(layout.positions), len(_FRAMES)
    count, rows = _GENERATIONS, _GENERATIONS * _PASSES
    patches = torch.randn(count, tokens, config.patch_width)
    patches[:, : layout.target_tokens, : config.eps_width] = 0
    return {
        'latent': torch.randn(count, layout.target_tokens, config.eps_width),
        'predicted': torch.randn(count, layout.target_tokens, config.eps_width),
        'patches': patches,
        'positions': layout.positions,
        'text': torch.randn(rows, frames, _TEXT, config.width),
        'text_lengths': torch.tensor([[7, 3, 1], [1, 3, 5]], dtype=torch.int32).repeat(count, 1),
        'indicator_embedding': torch.randn(rows, frames, config.width),
        'frame_slots': layout.frame_slots,
        'token_slot': layout.token_slot,
        'timesteps': torch.linspace(999.0, 199.0, _STEPS),
        # Each step has others: a graph that takes those of another step must show.
        'coefficients': torch.tensor([1.1, -0.4, 0.3, 0.5, 0.4]) + torch.linspace(-0.2, 0.2, 5 * _STEPS).view(-1, 5),
        'guidance': torch.tensor([4.5, 0.5, 1.5, 0.0]).repeat(count // 2),
    }


def check_sampler(path: Path, dit: DiT, tolerance: float) -> float:
    """Runs the graph on `sampler_inputs`; returns its largest error against the DiT itself, as `check_graph` does.

    Raises SelfCheckError if the error is above `tolerance`.
    """
    return check_against(path, dit, tolerance, run_in_torch)


@torch.no_grad()
def check_against(
    path: Path, dit: DiT, tolerance: float, run: Callable, more: dict[str, torch.Tensor] | None = None
) -> float:
    """As `check_sampler`, against what `run` computes with the DiT. more: further inputs."""
    import onnxruntime

    inputs = sampler_inputs(dit) | (more or {})
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    text = next(item for item in session.get_inputs() if item.name == 'text')
    feeds = {name: value.contiguous().numpy() for name, value in inputs.items()}
    if text.type == 'tensor(float16)':
        feeds['text'] = inputs['text'].half().numpy()
    outputs = session.run(list(OUTPUTS), feeds)
    pairs = zip(outputs, run(dit, inputs), strict=True)
    error = max(relative_error(torch.from_numpy(ours), theirs) for ours, theirs in pairs)
    if not error <= tolerance:
        raise SelfCheckError(f'{path.name}: differs by {error:.2e} of its std (limit {tolerance:.0e})')
    return error


@torch.no_grad()
def sampler_graph(dit: DiT, precision: Precision) -> onnx.ModelProto:
    """The graph with inputs `INPUTS` and outputs `OUTPUTS`. In fp16 and mixed, `text` is float16.

    Raises ValueError if a weight does not fit the precision.
    """
    network = apply_precision(_first_network(dit), precision, half_io={'text'})
    return scan(_with_update(network, dit), {'latent': 'latent', 'predicted': 'predicted'})


def _first_network(dit: DiT) -> onnx.ModelProto:
    """Preparation and the network of the first step in one graph; marked nodes pick what that step has of its own."""
    prepared = TracedPreparation(dit)
    network = prepared.trace_network(Network(dit), ['output'])
    rename(network.graph, 'n', {*prepared.names, 'latent', 'frame_slots', 'token_slot', 'output'})
    values = {value.name: value for graph in (prepared.model.graph, network.graph) for value in graph.input}
    graph = helper.make_graph(
        [*prepared.model.graph.node, first_row('norms', 'n'), first_row('gates', 'n'), *network.graph.node],
        'network',
        [values[name] for name in INPUTS if name in values],
        list(network.graph.output),
        [*prepared.model.graph.initializer, first_of_rows(), *network.graph.initializer],
    )
    return joined_model(graph, prepared.model, network)


class TracedPreparation:
    """The graph of the preparation, and what it takes to trace a network that follows it."""

    def __init__(self, dit: DiT) -> None:
        self._inputs = sampler_inputs(dit)
        names = ('generations', 'rows', 'frames', 'tokens', 'slots', 'length', 'target', 'k')
        g, b, f, n, m, length, t, k = (Dim(name) for name in names)
        self.pairs = [f'{kind}{layer}' for layer in range(dit.config.depth) for kind in ('key', 'value')]
        preparation = Preparation(dit)
        examples = tuple(self._inputs[name] for name in _FIRST)
        self._made = dict(zip((*_PREPARED, *self.pairs), preparation(*examples), strict=True))
        axes = {
            'patches': {0: g, 1: n},
            'positions': {0: n},
            'text': {0: b, 1: f, 2: length},
            'text_lengths': {0: b, 1: f},
            'indicator_embedding': {0: b, 1: f},
            'timesteps': {0: k},
        }
        self.model = trace_module(preparation, examples, axes, list(_FIRST), list(self._made))
        self.names = {*_PREPARED, *self.pairs} - {'norms', 'gates'}
        """Outputs that are the same for all steps."""
        rename(self.model.graph, 'p', {*_FIRST, *self._made})
        each = Dim('each')
        self._axes = {
            'latent': {0: g, 1: t},
            'norms': {},
            'gates': {},
            'frame_slots': {0: f, 1: m},
            'token_slot': {0: n},
            'cosines': {0: n},
            'sines': {0: n},
            'embedded': {0: Dim('passes'), 1: g, 2: n},
            'pairs': tuple({0: b if pair in self.pairs[-2:] else each, 1: length} for pair in self.pairs),
        }

    def examples(self, *names: str) -> dict[str, torch.Tensor]:
        """Inputs of a network, of one step."""
        values = {**self._inputs, **self._made}
        return {name: values[name][0] if name in ('norms', 'gates') else values[name] for name in names}

    def trace_network(self, network: nn.Module, outputs: list[str]) -> onnx.ModelProto:
        """The graph of a step of all frames."""
        inputs = self.examples(*(name for name in self._axes if name != 'pairs'), *self.pairs)
        return trace_module(network, tuple(inputs.values()), self._axes, list(inputs), outputs)

    def trace_target_network(
        self, network: nn.Module, outputs: list[str], added: list[str], kept: list[str]
    ) -> onnx.ModelProto:
        """The graph of a step of the target alone. added: names of what blocks have added `[passes, G, T, D]`; kept: of
        keys and values `[B, H, D]`."""
        own = [name for name in self._axes if name not in ('pairs', 'frame_slots', 'token_slot')]
        axes = {name: self._axes[name] for name in own}
        embedded, target = self._made['embedded'], self._inputs['latent'].shape[1]
        examples = {name: torch.randn_like(embedded[:, :, :target]) for name in added}
        state = {**axes['embedded'], 2: axes['latent'][1]}
        axes |= dict.fromkeys(added, state) | {'threshold': {}}
        rows = len(self._inputs['text'])
        inputs = {
            **self.examples(*own),
            **examples,
            'threshold': torch.tensor([0.1]),
            **self.examples(*self.pairs),
            **{name: torch.randn(rows, 11, embedded.shape[-1]) for name in kept},
        }
        pairs, h = self._axes['pairs'], Dim('history')
        axes['pairs_and_kept'] = (*pairs, *({0: pairs[-1][0], 1: h} for _ in kept))
        return trace_module(network, tuple(inputs.values()), axes, list(inputs), outputs)


def traced_update(dit: DiT, prefix: str) -> onnx.ModelProto:
    """The graph of the end of a step. Its coefficients are called `<prefix>.coefficients`, so are its own values."""
    latent, predicted, output = (torch.randn(*rows, 8, dit.config.eps_width) for rows in ((3,), (3,), (2, 3)))
    names = ['latent', 'predicted', 'output', 'coefficients', 'guidance']
    examples = (latent, predicted, output, torch.rand(5), torch.rand(6))
    g, t = Dim('generations'), Dim('target')
    state = {0: g, 1: t}
    output = {0: Dim('passes'), 1: g, 2: t}
    axes = {'latent': state, 'predicted': state, 'output': output, 'coefficients': {}, 'guidance': {0: 2 * g}}
    update = trace_module(Update(), examples, axes, names, list(OUTPUTS))
    rename(update.graph, prefix, {*names, *OUTPUTS} - {'coefficients'})
    return update


def coefficients_input() -> onnx.ValueInfoProto:
    """The input with the coefficients of all steps."""
    return helper.make_tensor_value_info('coefficients', TensorProto.FLOAT, ['k', 5])


def _with_update(network: onnx.ModelProto, dit: DiT) -> onnx.ModelProto:
    """Adds the end of the step."""
    update = traced_update(dit, 'u')
    values = {value.name: value for graph in (update.graph, network.graph) for value in graph.input}
    values['coefficients'] = coefficients_input()
    graph = helper.make_graph(
        [*network.graph.node, first_row('coefficients', 'u'), *update.graph.node],
        'sampler',
        [values[name] for name in INPUTS],
        list(update.graph.output),
        [*network.graph.initializer, *update.graph.initializer],
    )
    return joined_model(graph, network, update)
