"""Graphs in every precision: what they compute, what is in them, and that nothing overflows."""

import collections
import copy

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from atelier_ml.export.graph_spec import GraphSpec, dit_specs, vae_specs
from atelier_ml.export.half_compute import compute_in_half
from atelier_ml.export.precision import PRECISIONS, TOLERANCES, apply_precision, graph_precision
from atelier_ml.export.trace import trace
from atelier_ml.model import DiT, DiTConfig, Vae, VaeConfig

DEPTH = 2


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])


def feeds(spec: GraphSpec) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in spec.inputs.items()}


@pytest.fixture(scope='module')
def traced() -> dict[str, tuple[GraphSpec, onnx.ModelProto]]:
    """Head dim 72 as in the published models, every layer with something to say."""
    torch.manual_seed(0)
    dit = DiT(DiTConfig(width=144, depth=DEPTH, heads=2, text_width=64, max_seq_len=64)).eval()
    for layer in (dit.final_layer.linear, *(block.cross_attn.o for block in dit.blocks)):
        torch.nn.init.xavier_uniform_(layer.weight)
    vae = Vae(VaeConfig(ch=16, mult=(1, 2), res_blocks=1)).eval()
    return {spec.file: (spec, trace(spec)) for spec in (*dit_specs(dit), *vae_specs(vae))}


@pytest.fixture(scope='module')
def graphs(traced) -> dict[tuple[str, str], onnx.ModelProto]:
    return {
        (file, precision): apply_precision(copy.deepcopy(model), graph_precision(file, precision))
        for file, (_, model) in traced.items()
        for precision in PRECISIONS
    }


@pytest.mark.parametrize('precision', PRECISIONS)
@pytest.mark.parametrize('file', ['conditioner.onnx', 'denoiser.onnx', 'vae_encoder.onnx', 'vae_decoder.onnx'])
def test_every_graph_agrees_with_pytorch(traced, graphs, file: str, precision: str) -> None:
    spec = traced[file][0]
    outputs = session(graphs[file, precision]).run(spec.outputs, feeds(spec))
    with torch.no_grad():
        expected = spec.module(**spec.inputs)
    for ours, theirs in zip(outputs, [expected] if torch.is_tensor(expected) else expected, strict=True):
        assert ours.dtype == np.float32
        error = np.abs(ours - theirs.numpy()).max() / theirs.std().item()
        assert error <= TOLERANCES[graph_precision(file, precision)]


@pytest.mark.parametrize('precision', ['fp16', 'mixed'])
@pytest.mark.parametrize(('scale', 'limit'), [(1.0, 2e-2), (16.0, 0.1)])
def test_half_has_no_nan_and_stays_close_on_a_thousand_inputs(
    traced, graphs, precision: str, scale: float, limit: float
) -> None:
    spec, model = traced['denoiser.onnx']
    generator = np.random.default_rng(1)
    exact, ours = session(model), session(graphs['denoiser.onnx', precision])
    worst = 0.0
    for _ in range(20):
        given = feeds(spec)
        given['timestep'] = generator.uniform(0, 999, 50).astype(np.float32)
        for name, axis in (
            ('patches', 0),
            ('keys', 1),
            ('values', 1),
            ('indicator_embedding', 0),
            ('history', 1),
        ):
            shape = list(given[name].shape)
            shape[axis] = 50
            given[name] = (generator.standard_normal(shape) * scale).astype(np.float32)
        given['text_lengths'] = generator.integers(1, 8, (50, 3)).astype(np.int32)
        expected, seen = (run.run(None, given)[0] for run in (exact, ours))
        assert np.isfinite(seen).all()
        worst = max(worst, float(np.abs(seen - expected).max() / expected.std()))
    assert worst <= limit


@pytest.mark.parametrize('precision', ['fp16', 'mixed'])
def test_half_keeps_norms_residuals_and_time_in_float32(graphs, precision: str) -> None:
    model = graphs['denoiser.onnx', precision]
    kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    half = onnx.TensorProto.FLOAT16
    for node in model.graph.node:
        weights = {kinds[name] for name in node.input if name in kinds and kinds[name] != onnx.TensorProto.INT64}
        if node.op_type == 'MatMul':
            assert weights == {half}
        if node.op_type in ('LayerNormalization', 'Gemm'):
            assert weights == {onnx.TensorProto.FLOAT}
    inside = onnx.shape_inference.infer_shapes(model).graph
    types = {value.name: value.type.tensor_type.elem_type for value in inside.value_info}
    normed = {node.input[0] for node in model.graph.node if node.op_type == 'LayerNormalization'}
    assert normed and all(types.get(name, onnx.TensorProto.FLOAT) == onnx.TensorProto.FLOAT for name in normed)


def test_int8_quantises_what_queries_keys_and_values_read_once(graphs) -> None:
    kinds = collections.Counter(node.op_type for node in graphs['denoiser.onnx', 'int8'].graph.node)
    # q, k, v, o; q, o; two of the feed-forward. Their inputs: one for q, k and v, one for each other; in the last block
    # q reads the target alone.
    assert kinds['MatMulIntegerToFloat'] == 8 * DEPTH
    assert kinds['DynamicQuantizeLinear'] == 6 * DEPTH + 1
    # What is left: patches in, eps out.
    assert kinds['MatMul'] == 2


def test_a_weight_beyond_float16_is_refused(traced) -> None:
    model = copy.deepcopy(traced['denoiser.onnx'][1])
    weight = next(tensor for tensor in model.graph.initializer if list(tensor.dims) == [144, 576])
    values = onnx.numpy_helper.to_array(weight).copy()
    values[3, 5] = 1e5
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    with pytest.raises(ValueError, match='too large for float16'):
        compute_in_half(model, products_only=False)
