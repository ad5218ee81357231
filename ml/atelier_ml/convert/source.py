"""The files of a published model, inspected without reading their weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from tokenizers import Tokenizer

from ..model import DiT, DiTConfig, TextEncoder, TextEncoderConfig, Vae, VaeConfig
from ..model.checkpoint_names import dit_state
from .checkpoint import Checkpoint
from .checkpoint_error import CheckpointError
from .fit import check_fit, without_weights
from .infer_config import infer_dit, infer_text_encoder, infer_vae
from .tokenizer_file import read_tokenizer

T = TypeVar('T')
_TABLE, _ALIAS = 'shared.weight', 'encoder.embed_tokens.weight'
_FIRST_STAGE = 'first_stage_model.'
_UNUSED_OF_VAE = r'(loss|model_ema)\.'
_UNUSED_OF_T5 = r'(decoder|lm_head)\.|encoder\.embed_tokens\.weight$'


@dataclass(frozen=True)
class VaeSource:
    """An autoencoder in the latent-diffusion layout, alone or as the `first_stage_model` of a diffusion checkpoint."""

    checkpoint: Checkpoint
    config: VaeConfig
    prefix: str

    @classmethod
    def open(cls, path: Path) -> VaeSource:
        """Raises CheckpointError if its tensors are not exactly those of an autoencoder."""
        checkpoint = Checkpoint(path)
        prefix = _FIRST_STAGE if any(name.startswith(_FIRST_STAGE) for name in checkpoint.shapes) else ''
        found = _without(prefix, checkpoint.shapes)
        config = infer_vae(path, found)
        check_fit(path, found, without_weights(lambda: Vae(config)), _UNUSED_OF_VAE)
        return cls(checkpoint, config, prefix)

    def load(self) -> Vae:
        """The network in float32. Weights stored as float32 stay in the mapped file."""
        vae = without_weights(lambda: Vae(self.config))
        weights = {name: self.checkpoint.read(self.prefix + name).float() for name in vae.state_dict()}
        vae.load_state_dict(weights, assign=True)
        return vae


@dataclass(frozen=True)
class DiTSource:
    """A diffusion transformer, under current or older names."""

    checkpoint: Checkpoint
    config: DiTConfig

    @classmethod
    def open(cls, path: Path, heads: int, latent_channels: int) -> DiTSource:
        """Raises CheckpointError if its tensors are not exactly those of a DiT."""
        checkpoint = Checkpoint(path)
        found = _current(path, checkpoint.shapes, latent_channels)
        config = infer_dit(path, found, heads, latent_channels)
        check_fit(path, found, without_weights(lambda: DiT(config)))
        return cls(checkpoint, config)

    def load(self) -> DiT:
        """The network in float32. Weights stored as float32 stay in the mapped file."""
        stored = {name: self.checkpoint.read(name) for name in self.checkpoint.shapes}
        current = _current(self.checkpoint.path, stored, self.config.in_channels)
        dit = without_weights(lambda: DiT(self.config))
        dit.load_state_dict({name: value.float() for name, value in current.items()}, assign=True)
        return dit


@dataclass(frozen=True)
class TextEncoderSource:
    """A T5 v1.1 encoder, alone or with its decoder, which is ignored."""

    checkpoint: Checkpoint
    config: TextEncoderConfig

    @classmethod
    def open(cls, path: Path) -> TextEncoderSource:
        """Raises CheckpointError if its tensors are not exactly those of a T5 v1.1 encoder."""
        checkpoint = Checkpoint(path)
        found = dict(checkpoint.shapes)
        if _ALIAS in found:
            found.setdefault(_TABLE, found[_ALIAS])
        config = infer_text_encoder(path, found, _max_distance(path))
        check_fit(path, found, without_weights(lambda: TextEncoder(config)), _UNUSED_OF_T5)
        return cls(checkpoint, config)

    def names(self) -> list[str]:
        """Names of the encoder's parameters, ordered so that each file is opened once."""
        needed = [name for name, _ in without_weights(lambda: TextEncoder(self.config)).named_parameters()]
        stored = self.checkpoint.by_file([self._stored_name(name) for name in needed])
        return [_TABLE if name == _ALIAS else name for name in stored]

    def read(self, name: str) -> torch.Tensor:
        """A parameter as stored."""
        return self.checkpoint.read(self._stored_name(name))

    def _stored_name(self, name: str) -> str:
        return _ALIAS if name == _TABLE and _TABLE not in self.checkpoint.shapes else name


@dataclass(frozen=True)
class Source:
    """The four matching parts of a model."""

    dit: DiTSource
    vae: VaeSource
    text_encoder: TextEncoderSource
    tokenizer: Tokenizer


def open_source(dit: Path, vae: Path, text_encoder: Path, tokenizer: Path, heads: int) -> Source:
    """Inspects all files without reading weights.

    Raises CheckpointError with the problems of all files, not just of the first one that fails.
    """
    problems: list[str] = []

    def attempt(make: Callable[[], T]) -> T | None:
        try:
            return make()
        except CheckpointError as error:
            problems.append(str(error))
            return None

    vae_source = attempt(lambda: VaeSource.open(vae))
    channels = vae_source.config.z_channels if vae_source else DiTConfig.in_channels
    dit_source = attempt(lambda: DiTSource.open(dit, heads, channels))
    t5 = attempt(lambda: TextEncoderSource.open(text_encoder))
    words = attempt(lambda: read_tokenizer(tokenizer, t5.config.vocab if t5 else TextEncoderConfig.vocab))
    if dit_source and t5 and dit_source.config.text_width != t5.config.width:
        problems.append(
            f'{dit} expects texts of width {dit_source.config.text_width}, {text_encoder} gives {t5.config.width}'
        )
    if problems or not (dit_source and vae_source and t5 and words):
        raise CheckpointError('\n'.join(problems))
    return Source(dit_source, vae_source, t5, words)


def _without(prefix: str, named: Mapping[str, T]) -> dict[str, T]:
    return {name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)}


def _current(path: Path, stored: Mapping[str, torch.Tensor], latent_channels: int) -> dict[str, torch.Tensor]:
    try:
        return dit_state(stored, latent_channels)
    except ValueError as error:
        raise CheckpointError(f'{path}: {error}') from error


def _max_distance(path: Path) -> int:
    """The maximum distance, which shapes do not tell, from the folder's `config.json` if it has one."""
    file = path / 'config.json'
    if not file.is_file():
        return TextEncoderConfig.max_distance
    try:
        config = json.loads(file.read_text(encoding='utf8'))
        activation = config.get('feed_forward_proj', 'gated-gelu')
        distance = int(config.get('relative_attention_max_distance', TextEncoderConfig.max_distance))
    except (ValueError, AttributeError, TypeError) as error:
        raise CheckpointError(f'{file}: cannot be read ({error})') from error
    if activation != 'gated-gelu':
        raise CheckpointError(f'{file}: feed_forward_proj is {activation}; ACE uses T5 v1.1, where it is gated-gelu')
    return distance
