"""Builds the sampler graph: several steps of the denoiser in one run, as an ONNX Scan over the steps."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch.export import Dim

from ..model.dit import DiT
from ..model.layout import FrameLayout
from .precision import Precision, apply_precision
from .sampler_module import Network, Preparation, Update
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
_BATCH, _TEXT, _STEPS = 2, 7, 5
_HALF = TensorProto.FLOAT16


def sampler_inputs(dit: DiT) -> dict[str, torch.Tensor]:
    """Inputs of five steps: frames of different sizes, padded texts, guidance, a second-order sampler."""
    config, layout = dit.config, FrameLayout.of(_FRAMES)
    tokens, frames = len(layout.positions), len(_FRAMES)
    patches = torch.randn(1, tokens, config.patch_width)
    patches[:, : layout.target_tokens, : config.eps_width] = 0
    return {
        'latent': torch.randn(1, layout.target_tokens, config.eps_width),
        'predicted': torch.randn(1, layout.target_tokens, config.eps_width),
        'patches': patches,
        'positions': layout.positions,
        'text': torch.randn(_BATCH, frames, _TEXT, config.width),
        'text_lengths': torch.tensor([[7, 3, 1], [1, 3, 5]], dtype=torch.int32),
        'indicator_embedding': torch.randn(_BATCH, frames, config.width),
        'frame_slots': layout.frame_slots,
        'token_slot': layout.token_slot,
        'timesteps': torch.linspace(999.0, 199.0, _STEPS),
        'coefficients': torch.tensor([[1.1, -0.4, 0.3, 0.5, 0.4]]).repeat(_STEPS, 1),
        'guidance': torch.tensor([4.5, 0.5]),
    }


def run_in_torch(dit: DiT, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """What the sampler graph computes, with the DiT as it is."""
    text, config = inputs['text'], dit.config
    pairs = [block.cross_attn.project_text(text) for block in dit.blocks]
    keys, values = (torch.stack(one) for one in zip(*pairs, strict=True))
    latent, predicted = inputs['latent'], inputs['predicted']
    target, batch, pixels = latent.shape[1], text.shape[0], config.patch**2
    for index, time in enumerate(inputs['timesteps']):
        patches = inputs['patches'].clone()
        patches[:, :target, : config.eps_width] = latent
        output = dit(
            patches.expand(batch, -1, -1),
            inputs['positions'],
            time.expand(batch),
            keys,
            values,
            inputs['text_lengths'],
            inputs['indicator_embedding'],
            inputs['frame_slots'],
            inputs['token_slot'],
            target,
        )
        # (pixel, channel) → (channel, pixel), the order of patches.
        output = output.unflatten(-1, (pixels, -1)).transpose(-1, -2).flatten(2)
        latent, predicted = Update()(latent, predicted, output, inputs['coefficients'][index], inputs['guidance'])
    return latent, predicted


@torch.no_grad()
def check_sampler(path: Path, dit: DiT, tolerance: float) -> float:
    """Runs the graph on `sampler_inputs`; returns its largest error against the DiT itself, as `check_graph` does.

    Raises SelfCheckError if the error is above `tolerance`.
    """
    import onnxruntime

    inputs = sampler_inputs(dit)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    text = next(item for item in session.get_inputs() if item.name == 'text')
    feeds = {name: value.contiguous().numpy() for name, value in inputs.items()}
    if text.type == 'tensor(float16)':
        feeds['text'] = inputs['text'].half().numpy()
    outputs = session.run(list(OUTPUTS), feeds)
    pairs = zip(outputs, run_in_torch(dit, inputs), strict=True)
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
    return _scan(_with_update(network, dit))


def _first_network(dit: DiT) -> onnx.ModelProto:
    """Preparation and the network of the first step in one graph; marked nodes pick what that step has of its own."""
    inputs = sampler_inputs(dit)
    b, f, n, m, length, t, k = (Dim(name) for name in ('batch', 'frames', 'tokens', 'slots', 'length', 'target', 'k'))
    pairs = [f'{kind}{layer}' for layer in range(dit.config.depth) for kind in ('key', 'value')]
    axes = {
        'patches': {1: n},
        'positions': {0: n},
        'text': {0: b, 1: f, 2: length},
        'text_lengths': {0: b, 1: f},
        'indicator_embedding': {0: b, 1: f},
        'timesteps': {0: k},
    }
    preparation = Preparation(dit)
    examples = tuple(inputs[name] for name in _FIRST)
    norms, gates, cosines, sines, embedded, *made = preparation(*examples)
    prepared = trace_module(preparation, examples, axes, list(_FIRST), [*_PREPARED, *pairs])
    examples = {
        'latent': inputs['latent'],
        'norms': norms[0],
        'gates': gates[0],
        'frame_slots': inputs['frame_slots'],
        'token_slot': inputs['token_slot'],
        'cosines': cosines,
        'sines': sines,
        'embedded': embedded,
    }
    each = Dim('each')
    axes = {
        'latent': {1: t},
        'norms': {},
        'gates': {},
        'frame_slots': {0: f, 1: m},
        'token_slot': {0: n},
        'cosines': {0: n},
        'sines': {0: n},
        'embedded': {0: b, 1: n},
        'pairs': tuple({0: each if index < len(made) - 2 else b, 1: length} for index in range(len(made))),
    }
    network = trace_module(Network(dit), (*examples.values(), *made), axes, [*examples, *pairs], ['output'])
    _rename(prepared.graph, 'p', {*_FIRST, *_PREPARED, *pairs})
    _rename(network.graph, 'n', {*examples, *pairs, 'output'} - {'norms', 'gates'})
    values = {value.name: value for graph in (prepared.graph, network.graph) for value in graph.input}
    zero = numpy_helper.from_array(torch.tensor(0).numpy(), 'first')
    graph = helper.make_graph(
        [*prepared.graph.node, _pick('norms', 'n'), _pick('gates', 'n'), *network.graph.node],
        'network',
        [values[name] for name in INPUTS if name in values],
        list(network.graph.output),
        [*prepared.graph.initializer, zero, *network.graph.initializer],
    )
    return _model(graph, prepared, network)


def _with_update(network: onnx.ModelProto, dit: DiT) -> onnx.ModelProto:
    """Adds the end of the step."""
    latent, predicted, output = (torch.randn(rows, 8, dit.config.eps_width) for rows in (1, 1, 2))
    names = ['latent', 'predicted', 'output', 'coefficients', 'guidance']
    examples = (latent, predicted, output, torch.rand(5), torch.rand(2))
    t = Dim('target')
    axes = {'latent': {1: t}, 'predicted': {1: t}, 'output': {0: Dim('batch'), 1: t}, 'coefficients': {}}
    update = trace_module(Update(), examples, {**axes, 'guidance': {}}, names, list(OUTPUTS))
    _rename(update.graph, 'u', {*names, *OUTPUTS} - {'coefficients'})
    values = {value.name: value for graph in (update.graph, network.graph) for value in graph.input}
    values['coefficients'] = helper.make_tensor_value_info('coefficients', TensorProto.FLOAT, ['k', 5])
    graph = helper.make_graph(
        [*network.graph.node, _pick('coefficients', 'u'), *update.graph.node],
        'sampler',
        [values[name] for name in INPUTS],
        list(update.graph.output),
        [*network.graph.initializer, *update.graph.initializer],
    )
    return _model(graph, network, update)


def _pick(name: str, prefix: str) -> NodeProto:
    return helper.make_node('Gather', [name, 'first'], [f'{prefix}.{name}'], name=f'scan.{name}', axis=0)


def _model(graph: onnx.GraphProto, *sources: onnx.ModelProto) -> onnx.ModelProto:
    opsets = sorted({(item.domain, item.version) for model in sources for item in model.opset_import})
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid(*item) for item in opsets], ir_version=sources[0].ir_version
    )


def _rename(graph: onnx.GraphProto, prefix: str, shared: set[str]) -> None:
    def new(name: str) -> str:
        return name if not name or name in shared else f'{prefix}.{name}'

    for item in (*graph.input, *graph.output, *graph.initializer):
        item.name = new(item.name)
    for node in graph.node:
        node.name = f'{prefix}.{node.name}'
        node.input[:] = [new(name) for name in node.input]
        node.output[:] = [new(name) for name in node.output]


def _scan(flat: onnx.ModelProto) -> onnx.ModelProto:
    """Moves what changes from step to step into the body of a Scan. The rest runs once, before it."""
    graph = flat.graph
    picks = [node for node in graph.node if node.name.startswith('scan.')]
    rows = [node.output[0] for node in picks]
    states = {name: f'{name}.now' for name in ('latent', 'predicted')}
    changing = {*states, *rows}
    outside, inside = [], []
    for node in graph.node:
        # The shape of a state never changes.
        if node in picks or (node.op_type == 'Shape' and node.input[0] in states):
            moving = False
        else:
            moving = bool(changing.intersection(node.input))
        if moving:
            changing.update(node.output)
            node.input[:] = [states.get(name, name) for name in node.input]
        if node not in picks:
            (inside if moving else outside).append(node)
    width = next(value for value in graph.input if value.name == 'latent').type.tensor_type.shape.dim[2].dim_value
    # `compute_in_half` names what it makes float16 so.
    kinds = [_HALF if node.name.endswith('.half') else TensorProto.FLOAT for node in picks]
    state = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None, width]) for name in states.values()]
    own = [helper.make_tensor_value_info(*item, None) for item in zip(rows, kinds, strict=True)]
    body = helper.make_graph(inside, 'step', [*state, *own], list(graph.output))
    scan = helper.make_node(
        'Scan',
        [*states, *(node.input[0] for node in picks)],
        list(OUTPUTS),
        name='steps',
        body=body,
        num_scan_inputs=len(picks),
    )
    start = numpy_helper.from_array(torch.zeros(1, dtype=torch.int64).numpy(), 'rotation.start')
    for node in inside:
        # The exporter shares this constant with axes, which are read on the host: ONNX Runtime would copy it each time.
        if node.op_type == 'RotaryEmbedding':
            node.input[1] = start.name
    used = {name for node in (*outside, *inside) for name in node.input}
    kept = [start, *(tensor for tensor in graph.initializer if tensor.name in used)]
    result = helper.make_graph([*outside, scan], 'sampler', list(graph.input), list(graph.output), kept)
    return _model(result, flat)
