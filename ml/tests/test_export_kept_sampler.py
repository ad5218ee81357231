"""The sampler graph whose steps share the history, and what the blocks behind the first one add."""

from __future__ import annotations

from collections import Counter

import onnx
import onnxruntime
import pytest
import torch
from onnx import helper, numpy_helper
from torch import nn

from atelier_ml.export.cuda_kernels import FREE, check_cuda_graph, launches, launches_before, loop_body, loop_nodes
from atelier_ml.export.kept_sampler_graph import check_kept_sampler, kept_sampler_graph
from atelier_ml.export.sampler_graph import check_sampler, sampler_graph, sampler_inputs
from atelier_ml.export.sampler_in_torch import StepCache, run_in_torch
from atelier_ml.export.self_check import SelfCheckError, relative_error
from atelier_ml.model.config import DiTConfig
from atelier_ml.model.dit import DiT

_BY_GENERATION = ('latent', 'predicted', 'patches')


@pytest.fixture(scope='module')
def deep() -> DiT:
    """Three blocks, each of which matters."""
    torch.manual_seed(0)
    dit = DiT(DiTConfig(width=48, depth=3, heads=2, text_width=32, max_seq_len=64)).eval()
    for parameter in dit.parameters():
        nn.init.normal_(parameter, std=0.1)
    return dit


@pytest.fixture(scope='module')
def session(deep) -> onnxruntime.InferenceSession:
    graph = kept_sampler_graph(deep, 'fp32')
    return onnxruntime.InferenceSession(graph.SerializeToString(), providers=['CPUExecutionProvider'])


@pytest.fixture
def inputs(deep) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return sampler_inputs(deep) | {'threshold': torch.zeros(1)}


def _run(session: onnxruntime.InferenceSession, inputs: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    feeds = {name: value.contiguous().numpy() for name, value in inputs.items()}
    return [torch.from_numpy(output) for output in session.run(None, feeds)]


def _own(inputs: dict[str, torch.Tensor], generation: int) -> dict[str, torch.Tensor]:
    """The inputs of one of the generations, with both of its passes."""
    rows = [generation, generation + len(inputs['latent'])]
    texts = {name: inputs[name][rows] for name in ('text', 'text_lengths', 'indicator_embedding')}
    own = {name: inputs[name][generation : generation + 1] for name in _BY_GENERATION}
    return {**inputs, **own, **texts, 'guidance': inputs['guidance'].unflatten(0, (-1, 2))[generation]}


@torch.no_grad()
def test_later_steps_compute_the_target_alone_as_the_dit_does(deep, session, inputs):
    for steps in (2, 5):
        own = {**inputs, **{name: inputs[name][:steps] for name in ('timesteps', 'coefficients')}}
        ours, exact = _run(session, own), run_in_torch(deep, own)
        for one, theirs, other in zip(ours, run_in_torch(deep, own, StepCache(deep, own)), exact, strict=True):
            assert relative_error(one, theirs) < 1e-4
            assert relative_error(one, other) > 1e-2


@torch.no_grad()
def test_a_generation_that_changes_little_takes_what_the_other_blocks_added(deep, session, inputs):
    computed = run_in_torch(deep, inputs, StepCache(deep, inputs))
    inputs['threshold'] = torch.tensor([0.35])
    cache = StepCache(deep, inputs)
    theirs = run_in_torch(deep, inputs, cache)
    taken = torch.stack(cache.taken)
    assert taken.all(1).any(), 'there is no step that nobody computes'
    assert (taken.any(1) & ~taken.all(1)).any(), 'there is no step that some compute'
    for one, other, whole in zip(_run(session, inputs), theirs, computed, strict=True):
        assert relative_error(one, other) < 1e-4
        assert relative_error(one, whole) > 1e-3


@torch.no_grad()
@pytest.mark.parametrize('threshold', [0.25, 0.35, 10.0])
def test_the_others_of_a_run_decide_nothing_for_a_generation(deep, session, inputs, threshold):
    inputs['threshold'] = torch.tensor([threshold])
    together = _run(session, inputs)
    for one, theirs in zip(together, run_in_torch(deep, inputs, StepCache(deep, inputs)), strict=True):
        assert relative_error(one, theirs) < 1e-4
    for generation in (0, 1):
        for one, alone in zip(together, _run(session, _own(inputs, generation)), strict=True):
            assert relative_error(one[generation], alone[0]) < 1e-4


@torch.no_grad()
def test_what_is_taken_is_not_computed_and_weights_are_stored_once(deep):
    graph = kept_sampler_graph(deep, 'fp16')
    check_cuda_graph(graph)
    always = Counter(node.op_type for node in loop_body(graph).node)
    either = Counter(node.op_type for node in loop_nodes(graph))
    assert (always['MultiHeadAttention'], either['MultiHeadAttention']) == (2, 2 * 3)
    # A block has seven products; the latent goes in by one, and out by another.
    assert (always['MatMul'], either['MatMul']) == (7 + 2, 3 * 7 + 2)
    assert 'Gather' not in either
    # The estimate of `packages/model-tools` counts on these.
    assert launches(graph) == 58 + 3 * 31
    # A whole step, and more than the exact sampler to prepare: what all later steps share, and what is kept.
    assert launches_before(graph) == 41 + 3 * 31 + 75 + 3 * 12
    assert sum(node.op_type not in FREE for node in loop_body(graph).node) == 86
    kept, exact = (
        sum(len(tensor.raw_data) for tensor in each.initializer)
        for each in (graph.graph, sampler_graph(deep, 'fp16').graph)
    )
    assert kept < 1.02 * exact


def test_the_check_sees_steps_with_the_coefficients_of_another(deep, tmp_path):
    graph, path = sampler_graph(deep, 'fp32'), tmp_path / 'sampler.onnx'
    onnx.save(graph, path)
    assert check_sampler(path, deep, 1e-3) < 1e-3
    loop = next(node for node in graph.graph.node if node.op_type == 'Scan')
    loop.input[list(loop.input).index('coefficients')] = 'first.coefficients'
    graph.graph.initializer.append(numpy_helper.from_array(torch.zeros(5, dtype=torch.int64).numpy(), 'first.rows'))
    nodes = [helper.make_node('Gather', ['coefficients', 'first.rows'], ['first.coefficients']), *graph.graph.node]
    graph.graph.ClearField('node')
    graph.graph.node.extend(nodes)
    onnx.save(graph, path)
    with pytest.raises(SelfCheckError, match=r'sampler\.onnx: differs by'):
        check_sampler(path, deep, 1e-3)


def test_the_check_sees_what_is_taken(deep, tmp_path):
    graph, path = kept_sampler_graph(deep, 'fp32'), tmp_path / 'kept_sampler.onnx'
    onnx.save(graph, path)
    assert check_kept_sampler(path, deep, 1e-3) < 1e-3
    choice = next(node for node in loop_body(graph).node if node.op_type == 'If')
    taken = next(item.g for item in choice.attribute if item.name == 'then_branch')
    taken.node[0].op_type = 'Neg'
    onnx.save(graph, path)
    with pytest.raises(SelfCheckError, match=r'kept_sampler\.onnx: differs by'):
        check_kept_sampler(path, deep, 1e-3)
