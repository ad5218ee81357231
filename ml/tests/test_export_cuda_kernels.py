"""The sampler graph's nodes: kernels, types, and how many."""

from __future__ import annotations

import copy
import re
from collections import Counter
from dataclasses import replace

import onnx
import pytest
import torch
from onnx import helper

from atelier_ml.export.cuda_kernels import (
    KERNELS,
    KernelError,
    check_cuda_graph,
    check_kernels,
    launches,
    launches_before,
    loop_nodes,
)
from atelier_ml.export.sampler_graph import sampler_graph
from atelier_ml.export.write_graphs import write_cuda_graphs
from atelier_ml.model.config import DiTConfig
from atelier_ml.model.dit import DiT

_CONFIG = DiTConfig(width=48, depth=2, heads=2, text_width=32, max_seq_len=64)


def _graph(depth: int) -> onnx.ModelProto:
    torch.manual_seed(0)
    dit = DiT(replace(_CONFIG, depth=depth))
    # Equal constants would be stored once, and hide what is read.
    for parameter in dit.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return sampler_graph(dit.eval(), 'fp16')


@pytest.fixture(scope='module')
def two() -> onnx.ModelProto:
    return _graph(2)


def test_every_node_has_a_kernel_and_every_part_is_fused(two):
    check_cuda_graph(two)
    counts = Counter(node.op_type for node in loop_nodes(two))
    # A self-attention and a cross-attention a block; one norm of queries and keys together, one of the cross-queries.
    assert counts['MultiHeadAttention'] == 2 * 2
    assert counts['SimplifiedLayerNormalization'] == 2 * 2
    assert counts['RotaryEmbedding'] == counts['FastGelu'] == 2
    # Modulation is inside the norms, and so are the sums before them.
    assert counts['SkipLayerNormalization'] == 2 * 2
    assert counts['LayerNormalization'] == 1
    assert counts['Gemm'] == 0
    assert counts['MatMul'] == 2 * 7 + 2


def test_what_rotations_read_on_the_device_nothing_reads_on_the_host(two):
    nodes = (*two.graph.node, *loop_nodes(two))
    starts = {node.input[1] for node in nodes if node.op_type == 'RotaryEmbedding'}
    assert len(starts) == 1
    assert {node.op_type for node in nodes if starts & set(node.input)} == {'RotaryEmbedding'}


def test_the_weights_of_a_wide_network_are_stored_as_they_are_multiplied():
    # Products of more than 2²⁰ weights: the exporter itself transposes only smaller ones.
    wide = sampler_graph(DiT(replace(_CONFIG, width=1056, heads=16, depth=1)).eval(), 'fp16')
    check_cuda_graph(wide)
    assert 'Transpose' not in {node.op_type for node in (*wide.graph.node, *loop_nodes(wide))}


def test_a_head_dimension_masks_texts(two):
    for node in loop_nodes(two):
        if node.op_type == 'MultiHeadAttention':
            attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
            assert attributes['num_heads'] == 2
            assert attributes['scale'] == pytest.approx(24**-0.5)
            assert len(node.input) == 3


@pytest.mark.parametrize('precision', ['fp32', 'fp16'])
def test_heads_of_72_dimensions_are_the_dits(precision, tmp_path):
    torch.manual_seed(1)
    dit = DiT(replace(_CONFIG, width=144)).eval()
    for parameter in dit.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    # Raises when a graph is further from the DiT than its precision allows.
    errors = write_cuda_graphs(tmp_path, dit, precision)
    assert set(errors) == {'text_projector.onnx', 'sampler.onnx'}


def test_a_block_launches_31_kernels_a_step_and_seven_a_run():
    # The estimate of `packages/model-tools` counts on these.
    graphs = [_graph(depth) for depth in (2, 3)]
    assert [launches(graph) for graph in graphs] == [41 + 2 * 31, 41 + 3 * 31]
    assert [launches_before(graph) for graph in graphs] == [57 + 2 * 7, 57 + 3 * 7]


@pytest.mark.parametrize(
    ('op', 'change', 'message'),
    [
        ('FastGelu', {'op_type': 'Erf', 'domain': ''}, 'no CUDA kernel of Erf for FLOAT16'),
        ('Sqrt', {'op_type': 'Shape'}, 'Shape in the loop'),
        ('MultiHeadAttention', {'mask': 'text_lengths'}, 'with a bias or a mask'),
    ],
)
def test_what_would_not_run_on_cuda_is_refused(two, op, change, message):
    broken = copy.deepcopy(two)
    node = next(node for node in loop_nodes(broken) if node.op_type == op)
    if 'mask' in change:
        node.input.extend(['', change['mask']])
    else:
        node.op_type, node.domain = change['op_type'], change.get('domain', '')
    with pytest.raises(KernelError, match=re.escape(message)):
        check_cuda_graph(broken)


def test_an_operator_in_a_version_that_cuda_lacks_is_refused(two, monkeypatch):
    # As ONNX Runtime 1.23 was: it runs such a Pad on the host, and says so nowhere but in its verbose log.
    monkeypatch.setitem(KERNELS, 'Pad', replace(KERNELS['Pad'], since=frozenset({18})))
    with pytest.raises(KernelError, match='no CUDA kernel of Pad in version 19'):
        check_cuda_graph(two)


def test_the_graph_of_texts_has_kernels_too(tmp_path, monkeypatch):
    dit = DiT(_CONFIG).eval()
    write_cuda_graphs(tmp_path, dit, 'fp16')
    check_kernels(onnx.load(tmp_path / 'text_projector.onnx'))
    monkeypatch.setitem(KERNELS, 'Gemm', replace(KERNELS['Gemm'], since=frozenset()))
    monkeypatch.setitem(KERNELS, 'MatMul', replace(KERNELS['MatMul'], since=frozenset()))
    with pytest.raises(KernelError, match='no CUDA kernel of'):
        check_kernels(onnx.load(tmp_path / 'text_projector.onnx'))


def test_a_cast_of_a_cast_is_refused(two):
    broken = copy.deepcopy(two)
    scan = next(node for node in broken.graph.node if node.op_type == 'Scan')
    body = next(attribute.g for attribute in scan.attribute if attribute.name == 'body')
    index, cast = next((index, node) for index, node in enumerate(body.node) if node.op_type == 'Cast')
    again = helper.make_node('Cast', [cast.output[0]], ['again'], name='again', to=onnx.TensorProto.FLOAT)
    body.node.insert(index + 1, again)
    with pytest.raises(KernelError, match='again: a Cast of a Cast'):
        check_cuda_graph(broken)
