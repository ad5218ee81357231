"""`convert`, from files of the published layout to a model folder; and what it does with bad files."""

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from atelier_ml.cli import main
from atelier_ml.convert import layerwise
from atelier_ml.convert.random_checkpoint import DIT_FILE, TEXT_ENCODER_FOLDER, TOKENIZER_FOLDER, VAE_FILE
from atelier_ml.convert.source import TextEncoderSource, open_source
from atelier_ml.export.indicators import indicator_table
from atelier_ml.model import TextEncoder
from atelier_ml.model.checkpoint_names import unwrap


@pytest.fixture(scope='module')
def published(tmp_path_factory) -> Path:
    """Tiny files with today's names."""
    out = tmp_path_factory.mktemp('published')
    assert main(['random-checkpoint', '--out', str(out)]) == 0
    return out


@pytest.fixture(scope='module')
def older(tmp_path_factory) -> Path:
    """The same weights with older names."""
    out = tmp_path_factory.mktemp('older')
    assert main(['random-checkpoint', '--out', str(out), '--old-names']) == 0
    return out


def convert(files: Path, out: Path, bits: int = 4, *more: str) -> int:
    parts = {'dit': DIT_FILE, 'vae': VAE_FILE, 'text-encoder': TEXT_ENCODER_FOLDER, 'tokenizer': TOKENIZER_FOLDER}
    named = [word for option, name in parts.items() for word in (f'--{option}', str(files / name))]
    facts = ['--out', str(out), '--text-encoder-bits', str(bits), '--size', '64', '--heads', '2']
    return main(['convert', *named, *facts, *more])


@pytest.fixture(scope='module')
def folder(published: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp('models') / 'converted'
    out.mkdir()
    (out / 'README.md').write_text('a model card')
    (out / 'denoiser.onnx.data').write_text('weights of an older conversion')
    assert convert(published, out) == 0
    return out


def test_the_folder_is_whole_and_the_manifest_true(folder: Path) -> None:
    manifest = json.loads((folder / 'manifest.json').read_text())
    listed = {entry['path']: entry for entry in manifest['files']}
    assert set(listed) == {path.name for path in folder.iterdir()} - {'manifest.json', 'README.md'}
    assert {'text_encoder.onnx.data', *manifest['graphs'].values()} < set(listed)
    assert 'denoiser.onnx.data' not in listed
    for name, entry in listed.items():
        data = (folder / name).read_bytes()
        assert (entry['bytes'], entry['sha256']) == (len(data), hashlib.sha256(data).hexdigest())
    assert manifest['latent'] == {'channels': 4, 'downscale': 8, 'scale': 0.18215}
    assert manifest['dit'] == {'width': 48, 'depth': 2, 'heads': 2, 'patch': 2, 'textWidth': 32}
    assert manifest['limits']['maxFrameTokens'] == 16
    assert (manifest['name'], manifest['text']['padId'], manifest['text']['eosId']) == ('converted', 0, 1)
    assert [path.name for path in folder.parent.iterdir()] == ['converted']


def test_the_fixture_of_the_typescript_tests_is_this_conversion(folder: Path) -> None:
    fixture = Path(__file__).parents[2] / 'packages/ace/test/fixtures/converted-model'
    ours, theirs = (json.loads((place / 'manifest.json').read_text()) for place in (folder, fixture))
    assert {**ours, 'files': 0, 'preview': 0} == {**theirs, 'files': 0, 'preview': 0}
    data = 'text_encoder.onnx.data'
    assert (folder / data).read_bytes() == (fixture / data).read_bytes()


def test_the_text_encoder_is_stored_in_four_bits_and_the_others_graphs_as_ever(folder: Path) -> None:
    graph = onnx.load(folder / 'text_encoder.onnx', load_external_data=False).graph
    kinds = [node.op_type for node in graph.node]
    assert kinds.count('MatMulNBits') == 2 * 7
    # What is left multiplies activations with each other: scores, and what is seen.
    assert kinds.count('MatMul') == 2 * 2
    assert all(
        tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in graph.initializer if len(tensor.dims) > 1
    )
    table = next(tensor for tensor in graph.initializer if tensor.name == 'shared.weight')
    assert table.data_type == onnx.TensorProto.FLOAT16
    assert [entry.name for entry in graph.input] == ['input_ids', 'attention_mask']


def test_one_command_makes_the_graphs_for_cuda_and_a_fast_too(published: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / 'cuda'
    wishes = ['--device', 'cuda', '--precision', 'fp16', '--fast-history-refresh', '2', '--fast-step-cache', '0.1']
    assert convert(published, out, 4, *wishes) == 0
    table = capsys.readouterr().out
    assert 'sampler.onnx' in table and 'text_projector.onnx' in table and 'denoiser.onnx' in table
    manifest = json.loads((out / 'manifest.json').read_text())
    assert manifest['fast'] == {'historyRefresh': 2, 'stepCache': 0.1}
    listed = {entry['path'] for entry in manifest['files']}
    cuda = {manifest['cuda'][name] for name in ('sampler', 'keptSampler', 'textProjector')}
    assert {*manifest['graphs'].values(), *cuda} < listed
    half = onnx.TensorProto.FLOAT16
    graph = onnx.load(out / 'sampler.onnx').graph
    assert {entry.name: entry.type.tensor_type.elem_type for entry in graph.input}['text'] == half
    assert onnx.load(out / 'text_projector.onnx').graph.output[0].type.tensor_type.elem_type == half
    assert convert(published, tmp_path / 'int8', 4, '--device', 'cuda', '--precision', 'int8') == 2
    assert '--precision int8 is for CPUs' in capsys.readouterr().err
    assert not (tmp_path / 'int8').exists()
    assert convert(published, tmp_path / 'fast', 4, '--fast-history-refresh', '0') == 2
    assert convert(published, tmp_path / 'fast', 4, '--fast-step-cache', '0.1') == 2
    assert 'needs a --fast-history-refresh' in capsys.readouterr().err


def test_today_and_older_files_hold_the_same_weights(published: Path, older: Path) -> None:
    sources = [
        open_source(files / DIT_FILE, files / VAE_FILE, files / TEXT_ENCODER_FOLDER, files / TOKENIZER_FOLDER, heads=2)
        for files in (published, older)
    ]
    for part in ('dit', 'vae'):
        one, two = (getattr(source, part).load().state_dict() for source in sources)
        assert one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
    one, two = (source.text_encoder for source in sources)
    assert one.names() == two.names() and one.config == two.config
    assert all(torch.equal(one.read(name), two.read(name)) for name in one.names())


def test_a_table_under_its_second_name_alone_is_found(published: Path, tmp_path: Path) -> None:
    whole = {}
    for path in (published / TEXT_ENCODER_FOLDER).glob('*.safetensors'):
        whole |= load_file(path)
    table = whole.pop('shared.weight')
    save_file(
        {**whole, 'encoder.embed_tokens.weight': table, 'lm_head.weight': table.clone()}, tmp_path / 'model.safetensors'
    )
    source = TextEncoderSource.open(tmp_path)
    assert 'shared.weight' in source.names() and torch.equal(source.read('shared.weight'), table)


# Bad files: each is refused with status 2, and nothing is written.


@pytest.fixture
def files(published: Path, tmp_path: Path) -> Path:
    """A copy to ruin, beside a model folder that must survive."""
    shutil.copytree(published, tmp_path / 'files')
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/manifest.json').write_text('old')
    return tmp_path / 'files'


def refused(files: Path, capsys) -> str:
    """Converts, expects a refusal that leaves everything as it was, and returns what was said."""
    assert convert(files, files.parent / 'out') == 2
    assert {path.name for path in files.parent.iterdir()} == {'files', 'out'}
    assert [path.name for path in (files.parent / 'out').iterdir()] == ['manifest.json']
    assert (files.parent / 'out/manifest.json').read_text() == 'old'
    return capsys.readouterr().err


def change(path: Path, edit) -> None:
    """Rewrites the state of a torch file."""
    state = dict(unwrap(torch.load(path, weights_only=True)))
    edit(state)
    torch.save({'state_dict': state}, path)


@pytest.mark.parametrize('name', [DIT_FILE, VAE_FILE, f'{TEXT_ENCODER_FOLDER}/model-00001-of-00002.safetensors'])
@pytest.mark.parametrize('kept', [0.9, 0.5, 0.0])
def test_a_file_that_is_cut_short_is_named(files: Path, capsys, name: str, kept: float) -> None:
    data = (files / name).read_bytes()
    (files / name).write_bytes(data[: int(len(data) * kept)])
    assert f'{name}: ' in refused(files, capsys)


def test_every_tensor_at_fault_is_named_and_all_files_are_looked_at(files: Path, capsys) -> None:
    def ruin(state: dict) -> None:
        del state['blocks.1.attn.v.bias'], state['t_block.1.weight']
        state['blocks.0.attn.v.weights'] = state.pop('blocks.0.attn.v.weight')
        state['final_layer.linear.bias'] = torch.zeros(5)

    change(files / DIT_FILE, ruin)
    change(files / VAE_FILE, lambda state: state.pop('decoder.mid.attn_1.q.bias'))
    (files / TOKENIZER_FOLDER / 'tokenizer.json').unlink()
    said = refused(files, capsys)
    for problem in (
        f'{DIT_FILE}: these tensors do not fit',
        'missing: blocks.1.attn.v.bias [48]',
        'missing: t_block.1.weight [288, 48]',
        'missing: blocks.0.attn.v.weight [48, 48]',
        'unexpected: blocks.0.attn.v.weights [48, 48]',
        'wrong shape: final_layer.linear.bias is [5], must be [32]',
        f'{VAE_FILE}: these tensors do not fit',
        'missing: decoder.mid.attn_1.q.bias [16]',
        'neither tokenizer.json nor spiece.model',
    ):
        assert problem in said


def test_a_file_in_anothers_place_is_named(files: Path, capsys) -> None:
    (files / DIT_FILE).rename(files / 'x')
    (files / VAE_FILE).rename(files / DIT_FILE)
    (files / 'x').rename(files / VAE_FILE)
    said = refused(files, capsys)
    assert f'{DIT_FILE}: x_embedder.proj.weight is missing' in said
    assert f'{VAE_FILE}: encoder.conv_in.weight is missing' in said


def test_parts_of_different_models_do_not_go_together(files: Path, capsys) -> None:
    def widen(state: dict) -> None:
        state['y_embedder.fc1.weight'] = torch.zeros(48, 40)

    change(files / DIT_FILE, widen)
    assert 'expects texts of width 40' in refused(files, capsys)


def test_a_t5_of_the_first_version_is_refused(files: Path, capsys) -> None:
    config = files / TEXT_ENCODER_FOLDER / 'config.json'
    config.write_text(config.read_text().replace('gated-gelu', 'relu'))
    assert 'feed_forward_proj is relu' in refused(files, capsys)


class Attack:
    """Unpickled the usual way, it creates a file."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self):
        return Path.touch, (self.victim,)


@pytest.mark.parametrize('kind', ['zip', 'old zip', 'pickle'])
def test_code_in_a_pickle_is_not_run(files: Path, tmp_path_factory, capsys, kind: str) -> None:
    victim = tmp_path_factory.mktemp('victim') / 'touched'
    state = {'state_dict': {'a': torch.zeros(1)}, 'more': Attack(victim)}
    for name in (DIT_FILE, VAE_FILE):
        if kind == 'pickle':
            (files / name).write_bytes(pickle.dumps({'a': Attack(victim)}))
        else:
            torch.save(state, files / name, _use_new_zipfile_serialization=kind == 'zip')
    said = refused(files, capsys)
    assert f'{DIT_FILE}: refused. It holds more than tensors' in said and f'{VAE_FILE}: refused.' in said
    assert not victim.exists()
    # The attack is real: the same file does harm to a loader that trusts it.
    if kind != 'pickle':
        torch.load(files / DIT_FILE, weights_only=False)
        assert victim.exists()


def test_a_graph_that_computes_something_else_is_not_put_in_place(files: Path, capsys, monkeypatch) -> None:
    # A bias that every layer of PyTorch adds once more than the graph does.
    honest = layerwise.attention_bias
    monkeypatch.setattr(layerwise, 'attention_bias', lambda *given: honest(*given) * 1.5)
    assert convert(files, files.parent / 'out') == 1
    said = capsys.readouterr().err
    assert 'FAILED' in said and 'text_encoder.onnx' in said
    assert [path.name for path in (files.parent / 'out').iterdir()] == ['manifest.json']
    assert {path.name for path in files.parent.iterdir()} == {'files', 'out'}


@pytest.mark.parametrize(
    ('more', 'problem'),
    [
        (['--heads', '5'], 'say with --heads'),
        (['--size', '60'], 'multiple of 16'),
        (['--out', 'My Model'], 'lower-case letters'),
        (['--dit', 'none.pth'], 'none.pth: there is no such file'),
    ],
)
def test_wishes_that_cannot_be_met_are_refused(published: Path, tmp_path: Path, capsys, more, problem) -> None:
    assert convert(published, tmp_path / 'out', 4, *more) == 2
    assert problem in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_indicators_come_from_the_published_weights(folder: Path, published: Path) -> None:
    table = np.fromfile(folder / 'indicators.f32', '<f4').reshape(10, 32)
    source = TextEncoderSource.open(published / TEXT_ENCODER_FOLDER)
    encoder = TextEncoder(source.config)
    encoder.load_state_dict({name: source.read(name) for name in source.names()})
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    assert np.allclose(indicator_table(encoder.eval(), tokenizer, 1).numpy(), table, atol=1e-4)
