"""Reads the networks of a model folder back into PyTorch, so that training can continue from a shipped model."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from ..model.dit import DiT
from ..model.text_encoder import TextEncoder
from ..model.vae import Vae
from .graph_spec import GraphSpec, dit_specs, text_encoder_spec, vae_specs
from .manifest import MANIFEST_FILE, TOKENIZER_FILE
from .self_check import SelfCheckError, check_graph
from .trace import trace


class ReadFolderError(ValueError):
    """A model folder cannot be loaded into the networks of a config."""


@dataclass(frozen=True)
class FolderFacts:
    """Facts about a model folder. `tokenizer`: path of its `tokenizer.json`; `vocab`: rows of its embedding table."""

    latent_scale: float
    latent_channels: int
    tokenizer: Path
    vocab: int


def folder_facts(folder: Path) -> FolderFacts:
    """The facts about a folder that training needs. Raises ReadFolderError if it is not a model folder."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding='utf8'))
        table = _initializers(onnx.load(folder / 'text_encoder.onnx'))['shared.weight']
        scale, channels = float(manifest['latent']['scale']), int(manifest['latent']['channels'])
    except (OSError, KeyError, json.JSONDecodeError) as error:
        raise ReadFolderError(
            f'{folder} is not a model folder of this exporter ({error}); it needs {MANIFEST_FILE} and five graphs'
        ) from error
    return FolderFacts(scale, channels, folder / TOKENIZER_FILE, table.shape[0])


def read_vae(folder: Path, vae: Vae) -> None:
    """Loads the folder's weights into `vae`. Weights that `encode` does not use (the log variance) are left alone.

    Raises ReadFolderError if the sizes differ, or if the network's output then differs from the graphs'.
    """
    _read(folder, vae, vae_specs)


def read_dit(folder: Path, dit: DiT) -> None:
    """Loads the folder's weights into `dit`. Raises as `read_vae` does."""
    _read(folder, dit, dit_specs)


def read_text_encoder(folder: Path, encoder: TextEncoder) -> None:
    """Loads the folder's weights into `encoder`, whose vocabulary must be as large. Raises as `read_vae` does."""
    _read(folder, encoder, lambda network: [text_encoder_spec(network)])


def copy_embeddings(old_rows: Tensor, old_pieces: Sequence[str], rows: Tensor, pieces: Sequence[str]) -> int:
    """Copies the `old_rows` of all tokens that are also in `pieces` into `rows [n, Y]`, in place; returns how many.

    The other rows keep their values, scaled to the standard deviation of the old rows.
    """
    places = {piece: index for index, piece in enumerate(old_pieces)}
    known = [index for index, piece in enumerate(pieces) if piece in places]
    with torch.no_grad():
        rows *= old_rows.std() / rows.std()
        rows[known] = old_rows[[places[pieces[index]] for index in known]]
    return len(known)


@torch.no_grad()
def _read(folder: Path, network: nn.Module, specs_of) -> None:
    """Loads the weights of `specs_of(network)` from the folder's graphs.

    The exporter folds and transposes matrices and renames them. So the network is filled with unique values and
    exported the way the folder was; each parameter is then located in the new graph, and has the same name in the
    folder's. Untrained networks cannot be read: a graph stores equal constants (such as zero biases) only once.
    """
    generator = torch.Generator().manual_seed(1)
    target = network
    # The exporter writes a different graph for weights in channels-last memory format.
    network = copy.deepcopy(network).to('cpu', memory_format=torch.contiguous_format)
    fresh = {name: value.clone() for name, value in network.state_dict().items()}
    for parameter in network.parameters():
        parameter.copy_(torch.rand(parameter.shape, generator=generator) * 0.1 + 0.01)
    specs: list[GraphSpec] = specs_of(network.eval())
    marks = {name: parameter.clone() for name, parameter in network.named_parameters()}
    found: dict[str, Tensor] = {}
    for spec in specs:
        marked = _initializers(trace(spec))
        try:
            shipped = _initializers(onnx.load(folder / spec.file))
        except OSError as error:
            raise ReadFolderError(f'{folder} has no {spec.file}; a complete model folder is needed') from error
        for name, turned, key in _places(marks.items(), marked):
            kept = next((shipped[item] for item in shipped if f'.{item}'.endswith(f'.{name}')), None)
            if kept is not None and kept.shape == marks[name].shape:
                # Earlier exports left some matrices as they are, and transposed them in the graph.
                found[name] = torch.from_numpy(kept.astype(np.float32))
                continue
            value = shipped.get(key)
            if value is None and len(shipped) == len(marked):
                # Numbered names can differ between processes; the order in which nodes use them does not.
                value = shipped[list(shipped)[list(marked).index(key)]]
            if value is None or value.shape != marked[key].shape:
                seen = 'nothing' if value is None else list(value.shape)
                raise ReadFolderError(
                    f'{spec.file} has {seen} for {name}, but this config needs {list(marked[key].shape)}: '
                    "depth, width and sizes must match the folder's model, and so must the exporter's version"
                )
            flat = torch.from_numpy(value.astype(np.float32))
            found[name] = (flat.T if turned else flat).reshape(marks[name].shape).contiguous()
    missing = sorted(set(marks) - set(found))
    if missing:
        raise ReadFolderError(
            f'no graph of {folder} holds {missing[0]}' + f' and {len(missing) - 1} more' * bool(missing[1:])
        )
    network.load_state_dict({**fresh, **found})
    for spec in specs_of(network):
        try:
            check_graph(folder / spec.file, spec)
        except (SelfCheckError, RuntimeError) as error:
            raise ReadFolderError(f'{folder}: with its weights, PyTorch computes something else: {error}') from error
    target.load_state_dict(network.state_dict())


def _initializers(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """The graph's constants in the order in which nodes use them, named as before `store_as_half`."""
    values = {item.name.removesuffix('.half'): numpy_helper.to_array(item) for item in model.graph.initializer}
    used = dict.fromkeys(name for node in model.graph.node if node.op_type != 'Cast' for name in node.input)
    return {name: values[name] for name in used if name in values}


def _places(marks: Iterable[tuple[str, Tensor]], marked: dict[str, np.ndarray]) -> Iterable[tuple[str, bool, str]]:
    """(parameter, whether transposed, initializer) for every parameter that a graph holds."""
    keys = {(value.size, value.tobytes()): key for key, value in marked.items() if value.dtype == np.float32}
    for name, mark in marks:
        values = mark.numpy()
        for turned in (False, True):
            array = np.ascontiguousarray(values.reshape(values.shape[0], -1).T if turned else values)
            key = keys.get((array.size, array.tobytes()))
            if key is not None:
                yield name, turned, key
                break
