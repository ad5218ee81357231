"""The parts of a conversion, each alone."""

import base64
import json
import struct
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

from atelier_ml.convert.block_quantise import BLOCK, dequantise, quantise
from atelier_ml.convert.checkpoint import Checkpoint
from atelier_ml.convert.checkpoint_error import CheckpointError
from atelier_ml.convert.data_file import DataFile, read_external
from atelier_ml.convert.layerwise import run_layerwise
from atelier_ml.convert.source import TextEncoderSource
from atelier_ml.convert.text_encoder_part import write_text_encoder
from atelier_ml.convert.tokenizer_file import read_tokenizer
from atelier_ml.export.tiny import tiny_tokenizer
from atelier_ml.model import TextEncoder, TextEncoderConfig


def product(weight: torch.Tensor, bits: int, x: torch.Tensor, accuracy_level: int) -> torch.Tensor:
    """`x · weightᵀ` by ONNX Runtime on the quantised weight."""
    stored, scales = quantise(weight, bits)
    rows, columns = weight.shape
    attributes = {'K': columns, 'N': rows, 'bits': bits, 'block_size': BLOCK, 'accuracy_level': accuracy_level}
    node = helper.make_node('MatMulNBits', ['x', 'w', 's'], ['y'], domain='com.microsoft', **attributes)
    graph = helper.make_graph(
        [node],
        'product',
        [helper.make_tensor_value_info('x', TensorProto.FLOAT, list(x.shape))],
        [helper.make_tensor_value_info('y', TensorProto.FLOAT, None)],
        [numpy_helper.from_array(stored.numpy(), 'w'), numpy_helper.from_array(scales.numpy(), 's')],
    )
    opsets = [helper.make_opsetid('', 20), helper.make_opsetid('com.microsoft', 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return torch.from_numpy(session.run(None, {'x': x.numpy()})[0])


@pytest.mark.parametrize('bits', [4, 8])
@pytest.mark.parametrize('columns', [96, 40])
def test_onnx_runtime_multiplies_with_what_dequantise_says(bits: int, columns: int) -> None:
    weight, x = torch.randn(24, columns), torch.randn(5, columns)
    expected = x @ dequantise(*quantise(weight, bits), bits, columns).T
    assert torch.allclose(product(weight, bits, x, accuracy_level=1), expected, atol=1e-4)
    assert (product(weight, bits, x, accuracy_level=4) - expected).std() < 0.02 * expected.std()


@pytest.mark.parametrize(('bits', 'limit'), [(4, 0.09), (8, 0.006)])
def test_quantising_loses_little_and_keeps_the_largest_weight_of_a_block(bits: int, limit: float) -> None:
    weight = torch.randn(16, 4 * BLOCK)
    weight[3] = 0
    kept = dequantise(*quantise(weight, bits), bits, weight.shape[1])
    assert (kept - weight).std() < limit
    places = weight.unflatten(1, (-1, BLOCK)).abs().argmax(-1, keepdim=True)
    largest = [values.unflatten(1, (-1, BLOCK)).gather(2, places) for values in (kept, weight)]
    assert torch.allclose(*largest, rtol=1e-6)
    assert not kept[3].any()


def test_a_data_file_gives_back_its_arrays(tmp_path: Path) -> None:
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1, 2], np.float16), np.array([[7]], np.uint8)]
    with DataFile(tmp_path / 'w.data') as data:
        tensors = [data.add(str(index), values) for index, values in enumerate(arrays)]
    for values, tensor in zip(arrays, tensors, strict=True):
        assert np.array_equal(read_external(tmp_path, tensor), values)
        onnx.external_data_helper.load_external_data_for_tensor(tensor, str(tmp_path))
        assert np.array_equal(numpy_helper.to_array(tensor), values)


@torch.no_grad()
def test_layer_by_layer_is_the_whole_encoder() -> None:
    encoder = TextEncoder(TextEncoderConfig(vocab=30, width=16, layers=3, heads=2, head_dim=6, ff=24))
    ids, mask = torch.randint(0, 30, (2, 5)), torch.tensor([[1] * 5, [1, 1, 0, 0, 0]])
    layers: list[int] = []
    found = run_layerwise(encoder.config, encoder.state_dict().__getitem__, ids, mask, lambda: layers.append(1))
    assert torch.allclose(found, encoder(ids, mask), atol=1e-6) and len(layers) == 3


def test_sixteen_bits_stay_sixteen_bits_in_memory(tmp_path: Path) -> None:
    config = TextEncoderConfig(vocab=160, width=32, layers=1, heads=2, head_dim=16, ff=48)
    save_file(TextEncoder(config).state_dict(), tmp_path / 'model.safetensors')
    source = TextEncoderSource.open(tmp_path)
    tokenizer = tiny_tokenizer(tmp_path / 'tokenizer.json')
    texts = write_text_encoder(tmp_path, source, 16, tokenizer, {'padId': 0, 'eosId': 1}, lambda: None)
    assert texts.checks[0].error < 1e-4 and texts.checks[1].error < 2e-3
    graph = onnx.load(tmp_path / 'text_encoder.onnx', load_external_data=False).graph
    # Inputs with a value: ONNX Runtime leaves the Cast behind them alone, and asks nobody for them.
    given = {entry.name for entry in graph.input} & {tensor.name for tensor in graph.initializer}
    assert len(given) == 7
    session = onnxruntime.InferenceSession(str(tmp_path / 'text_encoder.onnx'))
    assert [entry.name for entry in session.get_inputs()] == ['input_ids', 'attention_mask']


@pytest.mark.parametrize('dtype', [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize('ending', ['safetensors', 'pth', 'old.bin'])
def test_every_kind_of_file_and_number_is_read(tmp_path: Path, ending: str, dtype: torch.dtype) -> None:
    weights = {'module.a': torch.randn(2, 3).to(dtype), 'module.b': torch.randn(4).to(dtype)}
    path = tmp_path / f'w.{ending}'
    if ending == 'safetensors':
        save_file(weights, path)
    else:
        torch.save({'state_dict': weights}, path, _use_new_zipfile_serialization=ending == 'pth')
    checkpoint = Checkpoint(path)
    assert {name: (list(value.shape), value.dtype) for name, value in checkpoint.shapes.items()} == {
        'a': ([2, 3], dtype),
        'b': ([4], dtype),
    }
    assert all(torch.equal(checkpoint.read(name), weights[f'module.{name}']) for name in 'ab')


def test_an_index_that_promises_more_than_its_files_hold_is_refused(tmp_path: Path) -> None:
    save_file({'a': torch.zeros(1)}, tmp_path / 'one.safetensors')
    index = {'weight_map': {'a': 'one.safetensors', 'b': 'one.safetensors'}}
    (tmp_path / 'model.safetensors.index.json').write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=r'not in their files: b \(in one.safetensors\)'):
        Checkpoint(tmp_path)
    index['weight_map']['b'] = 'two.safetensors'
    (tmp_path / 'model.safetensors.index.json').write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=r'two.safetensors: there is no such file'):
        Checkpoint(tmp_path)


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protobuf message."""

    def varint(rest: int) -> bytes:
        return bytes([rest]) if rest < 128 else bytes([rest & 127 | 128]) + varint(rest >> 7)

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def sentencepiece(pieces: list[tuple[str, float, int]], charsmap: bytes, kind: int = 1) -> bytes:
    """A SentencePiece model file. Kinds of a piece: 1 normal, 2 unknown, 3 control."""
    data = b''
    for text, score, sort in pieces:
        data += field(1, field(1, text.encode()) + b'\x15' + struct.pack('<f', score) + field(3, sort))
    return data + field(2, field(3, kind)) + field(3, field(1, b'nmt_nfkc') + field(2, charsmap))


def charsmap_a_to_b() -> bytes:
    """A SentencePiece character map that turns `A` into `b`: a double array of four-byte units, and the new strings."""
    units = [0] * 1024
    units[ord('A')] = 0x100 << 10 | 1 << 8 | ord('A')
    units[ord('A') ^ 0x100] = 1 << 31
    trie = struct.pack(f'<{len(units)}I', *units)
    return struct.pack('<I', len(trie)) + trie + b'b\0'


PIECES = [('<pad>', 0.0, 3), ('</s>', 0.0, 3), ('<unk>', 0.0, 2), ('▁', -3.0, 1), ('b', -5.0, 1), ('▁be', -1.0, 1)]
PIECES += [('e', -5.0, 1)]


def test_a_sentencepiece_model_becomes_a_tokenizer(tmp_path: Path) -> None:
    (tmp_path / 'spiece.model').write_bytes(sentencepiece(PIECES, charsmap_a_to_b()))
    tokenizer = read_tokenizer(tmp_path, vocab=7)
    assert tokenizer.encode('be  Ae?', add_special_tokens=False).ids == [5, 5, 2]
    assert tokenizer.encode('eb', add_special_tokens=False).ids == [3, 6, 4]
    written = json.loads(tokenizer.to_str())
    assert base64.b64decode(written['normalizer']['normalizers'][0]['precompiled_charsmap']) == charsmap_a_to_b()
    with pytest.raises(CheckpointError, match='token 6, but the text encoder has only 6'):
        read_tokenizer(tmp_path, vocab=6)


@pytest.mark.parametrize(
    'ruin', [lambda d: d[:-9], lambda d: b'\x07' + d, lambda _: sentencepiece(PIECES, b'', kind=2)]
)
def test_another_file_is_no_sentencepiece_model(tmp_path: Path, ruin) -> None:
    (tmp_path / 'spiece.model').write_bytes(ruin(sentencepiece(PIECES, charsmap_a_to_b())))
    with pytest.raises(CheckpointError, match=r'spiece.model: is'):
        read_tokenizer(tmp_path, vocab=99)


def test_tokenizer_json_comes_first_and_must_be_t5s(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer(tmp_path / 'tokenizer.json')
    (tmp_path / 'spiece.model').write_bytes(b'never read')
    assert read_tokenizer(tmp_path, vocab=999).get_vocab() == tokenizer.get_vocab()
    (tmp_path / 'tokenizer.json').write_text(tokenizer.to_str().replace('</s>', '<end>'))
    with pytest.raises(CheckpointError, match='has no </s>'):
        read_tokenizer(tmp_path, vocab=999)
    (tmp_path / 'tokenizer.json').write_text('{}')
    with pytest.raises(CheckpointError, match='is not a tokenizer'):
        read_tokenizer(tmp_path, vocab=999)
