"""Converts the text encoder without ever holding all of it in memory."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from tokenizers import Tokenizer
from torch import nn
from torch.func import functional_call

from ..export.graph_spec import GraphSpec, text_encoder_spec
from ..export.indicators import INDICATORS
from ..export.manifest import GRAPH_FILES
from ..export.self_check import STEP_TOLERANCE, relative_error
from ..export.trace import trace_module
from ..model import TextEncoder
from .check import Check
from .data_file import DataFile
from .fit import without_weights
from .layerwise import run_layerwise
from .source import TextEncoderSource
from .stored_weights import HalfMatrix, WeightFormat, apply_formats

_FILE = GRAPH_FILES['textEncoder']
_DATA = f'{_FILE}.data'
# Kept short: at full size, running a layer in PyTorch takes longer than reading its weights.
_SENTENCES = ('', 'replace the square in {image} with the ring of {image1}')
_INT8_TOLERANCE = 0.5
"""Root mean square. Rounding activations to 8 bits changes the output by about 1 %; a bug changes it by about 100 %."""


@dataclass(frozen=True)
class EncodedTexts:
    """`indicators [10, Y]` float32, computed with the published weights, and how the graph compares."""

    indicators: torch.Tensor
    checks: list[Check]


def write_text_encoder(
    folder: Path,
    source: TextEncoderSource,
    bits: int,
    tokenizer: Tokenizer,
    ids: dict[str, int],
    done: Callable[[], object],
) -> EncodedTexts:
    """Writes `text_encoder.onnx` and its weights file, and compares it with PyTorch on twelve texts.

    source: its files are closed at the end. bits: 16 (float16), 8 or 4. ids: `padId` and `eosId`.
    done: for a progress bar; called once, then once per parameter, then twice per layer.
    Raises CheckpointError if a weight does not fit in float16.
    """
    config = source.config
    spec = text_encoder_spec(without_weights(lambda: TextEncoder(config)))
    model = trace_without_weights(spec)
    formats = apply_formats(model.graph, bits)
    done()
    stored: dict[str, list[TensorProto]] = {}
    with DataFile(folder / _DATA) as data:
        for name in source.names():
            stored[name] = formats[name].write(data, name, source.read(name))
            done()
    _place_weights(model, formats, stored)
    (folder / _FILE).write_bytes(model.SerializeToString())
    batch = _batch([*INDICATORS, *_SENTENCES], tokenizer, ids)
    published = run_layerwise(config, source.read, *batch, done)
    # Closed before ONNX Runtime maps the new file, so that at most one weights file is in memory.
    source.checkpoint.close()
    kept = run_layerwise(config, lambda name: formats[name].read(folder, stored[name]), *batch, done)
    return EncodedTexts(published[: len(INDICATORS), 0], _compare(folder, model, batch, published, kept, bits))


def _place_weights(
    model: onnx.ModelProto, formats: dict[str, WeightFormat], stored: dict[str, list[TensorProto]]
) -> None:
    graph = model.graph
    own = [entry for entry in graph.input if entry.name not in formats]
    graph.ClearField('input')
    graph.input.extend(own)
    for name, tensors in stored.items():
        graph.initializer.extend(tensors)
        if isinstance(formats[name], HalfMatrix):
            # ONNX Runtime does not treat an initializer that is also an input as a constant. Otherwise it would fold
            # the Casts on loading and hold all weights in float32, twice the memory. This way it casts one at a time.
            graph.input.extend(helper.make_tensor_value_info(t.name, t.data_type, list(t.dims)) for t in tensors)
    if any(node.domain == 'com.microsoft' for node in graph.node):
        model.opset_import.append(helper.make_opsetid('com.microsoft', 1))


def _batch(texts: list[str], tokenizer: Tokenizer, ids: dict[str, int]) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [[*tokenizer.encode(text, add_special_tokens=False).ids, ids['eosId']] for text in texts]
    longest = max(map(len, rows))
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return torch.tensor([row + [ids['padId']] * (longest - len(row)) for row in rows]), mask


def _compare(folder, model, batch, published, kept, bits: int) -> list[Check]:
    seen = batch[1].bool()
    published, kept = published[seen], kept[seen]
    exact = copy.deepcopy(model)
    for node in exact.graph.node:
        for attribute in node.attribute:
            if attribute.name == 'accuracy_level':
                # 1: float32 throughout, so that the stored weights and their order can be checked precisely.
                attribute.i = 1
    aside = folder / f'check.{_FILE}'
    aside.write_bytes(exact.SerializeToString())
    try:
        ours = _run(aside, batch)[seen]
    finally:
        aside.unlink()
    checks = [Check(_FILE, 'the stored weights, in float32: worst', relative_error(ours, kept), STEP_TOLERANCE)]
    if bits < 16:
        ours = _run(folder / _FILE, batch)[seen]
        what = 'the same with 8-bit activations, as it runs: rms'
        checks.append(Check(_FILE, what, _rms(ours, kept), _INT8_TOLERANCE))
    checks.append(Check(_FILE, f'the published weights against {bits} bits: rms', _rms(ours, published), None))
    return checks


def _rms(ours: torch.Tensor, expected: torch.Tensor) -> float:
    return float((ours.double() - expected.double()).pow(2).mean().sqrt() / expected.double().std())


def _run(path: Path, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    # Errors only: it warns about every initializer that is an input, which is intended here.
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), settings, providers=['CPUExecutionProvider'])
    feeds = {'input_ids': batch[0].numpy(), 'attention_mask': batch[1].numpy()}
    return torch.from_numpy(session.run(['hidden'], feeds)[0])


class _Bare(nn.Module):
    """A network that receives its weights with every call."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        # Bypasses nn.Module's registration, so that the weights are not parameters of this module.
        self.__dict__['network'] = network

    def forward(self, weights: dict[str, torch.Tensor], *inputs: torch.Tensor) -> torch.Tensor:
        return functional_call(self.network, weights, inputs)


def trace_without_weights(spec: GraphSpec) -> onnx.ModelProto:
    """Traces a module that may be on the `meta` device. Its parameters become inputs of the graph, under their names.

    As inputs they are not folded into anything, so each can be filled in later, in any format.
    """
    shapes = {name: value.shape for name, value in spec.module.named_parameters()}
    # Expanded scalars, which have the shapes and types of the weights but take no memory.
    weights = {name: torch.zeros(()).expand(shape) for name, shape in shapes.items()}
    return trace_module(
        _Bare(spec.module),
        (weights, *spec.inputs.values()),
        {'weights': {name: {} for name in weights}, 'inputs': tuple(spec.axes[name] for name in spec.inputs)},
        input_names=[*weights, *spec.inputs],
        outputs=spec.outputs,
    )
