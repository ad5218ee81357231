"""A whole model folder: complete, checked, swapped in at once, the same every time."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tokenizers import Tokenizer

from atelier_ml.cli import main
from atelier_ml.export.graph_spec import dit_specs
from atelier_ml.export.half_storage import store_as_half
from atelier_ml.export.self_check import SelfCheckError, check_graph
from atelier_ml.export.swap_folder import swapped_folder
from atelier_ml.model import DiT, DiTConfig


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp('export') / 'tiny'
    out.mkdir()
    (out / 'README.md').write_text('a model card')
    (out / 'denoiser.onnx').write_text('an older graph')
    assert main(['export-tiny', '--out', str(out), '--device', 'cuda']) == 0
    return out


@pytest.fixture(scope='module')
def manifest(folder: Path) -> dict:
    return json.loads((folder / 'manifest.json').read_text())


def test_the_manifest_lists_every_file_with_its_hash(folder: Path, manifest: dict) -> None:
    listed = {entry['path']: entry for entry in manifest['files']}
    assert set(listed) == {path.name for path in folder.iterdir()} - {'manifest.json', 'README.md'}
    cuda = {'text_projector.onnx', 'sampler.onnx'}
    assert manifest['cuda'] == {'textProjector': 'text_projector.onnx', 'sampler': 'sampler.onnx', 'stepsPerRun': 4}
    assert set(listed) == {*manifest['graphs'].values(), *cuda, 'tokenizer.json', 'indicators.f32'}
    for name, entry in listed.items():
        data = (folder / name).read_bytes()
        assert (entry['bytes'], entry['sha256']) == (len(data), hashlib.sha256(data).hexdigest())


def test_a_model_card_is_kept_and_nothing_is_left_beside(folder: Path) -> None:
    assert (folder / 'README.md').read_text() == 'a model card'
    assert [path.name for path in folder.parent.iterdir()] == ['tiny']


def test_the_fixture_of_the_typescript_tests_is_this_export(folder: Path, manifest: dict) -> None:
    fixture = Path(__file__).parents[2] / 'packages/ace/test/fixtures/tiny-model'
    theirs = json.loads((fixture / 'manifest.json').read_text())
    assert {key: value for key, value in theirs.items() if key not in ('files', 'preview')} == {
        key: value for key, value in manifest.items() if key not in ('files', 'preview')
    }
    assert np.allclose(theirs['preview']['factors'], manifest['preview']['factors'], atol=1e-3)
    ours = np.fromfile(folder / 'indicators.f32', '<f4')
    assert np.allclose(np.fromfile(fixture / 'indicators.f32', '<f4'), ours, atol=1e-5)


def test_indicators_are_the_first_tokens_of_their_strings(folder: Path, manifest: dict) -> None:
    table = np.fromfile(folder / 'indicators.f32', '<f4').reshape(manifest['indicators']['shape'])
    encoder = onnxruntime.InferenceSession(str(folder / 'text_encoder.onnx'))
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    for row, text in ((0, '{image}'), (9, '{image9}')):
        ids = np.array([[*tokenizer.encode(text, add_special_tokens=False).ids, manifest['text']['eosId']]])
        hidden = encoder.run(None, {'input_ids': ids, 'attention_mask': np.ones_like(ids)})[0]
        assert np.allclose(hidden[0, 0], table[row], atol=1e-5)


@pytest.mark.parametrize(('height', 'width'), [(32, 96), (64, 64), (16, 16)])
def test_the_autoencoders_graphs_take_any_size(folder: Path, height: int, width: int) -> None:
    encoder = onnxruntime.InferenceSession(str(folder / 'vae_encoder.onnx'))
    mean = encoder.run(None, {'image': np.zeros((1, 3, height, width), np.float32)})[0]
    assert mean.shape == (1, 4, height // 8, width // 8)
    decoder = onnxruntime.InferenceSession(str(folder / 'vae_decoder.onnx'))
    assert decoder.run(None, {'latent': mean})[0].shape == (1, 3, height, width)


def test_graphs_name_no_file_of_this_machine(folder: Path) -> None:
    for path in folder.glob('*.onnx'):
        assert b'site-packages' not in path.read_bytes()
        assert {(opset.domain, opset.version) for opset in onnx.load(path).opset_import} <= {
            ('', 20),
            ('com.microsoft', 1),
        }


def test_attention_is_fused(folder: Path) -> None:
    kinds = [node.op_type for node in onnx.load(folder / 'denoiser.onnx').graph.node]
    assert kinds.count('MultiHeadAttention') == 2 * 2 and kinds.count('RotaryEmbedding') == 2 * 2
    assert 'Softmax' not in kinds


def test_large_weights_are_stored_in_half_and_lose_nothing(folder: Path) -> None:
    weights = onnx.load(folder / 'denoiser.onnx').graph.initializer
    wide = [tensor for tensor in weights if tensor.data_type == onnx.TensorProto.FLOAT]
    assert all(np.prod(tensor.dims) < 4096 for tensor in wide)
    values = np.array([1.0, 1 + 2**-20] * 200, np.float32)
    tensor = onnx.numpy_helper.from_array(values, 'w')
    graph = onnx.helper.make_graph([], 'g', [], [], [tensor])
    kept = store_as_half(onnx.helper.make_model(graph)).graph.initializer[0]
    assert np.array_equal(onnx.numpy_helper.to_array(kept), values)


def test_a_graph_that_computes_something_else_is_found(folder: Path) -> None:
    dit = DiT(DiTConfig(width=48, depth=2, heads=2, text_width=32, max_seq_len=64)).eval()
    torch.nn.init.normal_(dit.final_layer.linear.weight)
    with pytest.raises(SelfCheckError, match=r'conditioner.onnx: keys differs'):
        check_graph(folder / 'conditioner.onnx', dit_specs(dit)[0])


def test_a_failed_export_leaves_the_old_folder(tmp_path: Path) -> None:
    out = tmp_path / 'model'
    out.mkdir()
    (out / 'manifest.json').write_text('old')
    with pytest.raises(RuntimeError), swapped_folder(out, {'manifest.json'}) as aside:
        (aside / 'manifest.json').write_text('new')
        raise RuntimeError
    assert (out / 'manifest.json').read_text() == 'old'
    assert [path.name for path in tmp_path.iterdir()] == ['model']
