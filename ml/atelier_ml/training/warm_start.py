"""Warm start from a model folder: loads its weights, with embeddings matched by token."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from ..export.read_folder import copy_embeddings, folder_facts, read_dit, read_text_encoder, read_vae
from ..model.config import TextEncoderConfig
from ..model.dit import DiT
from ..model.text_encoder import TextEncoder
from ..model.vae import Vae
from .tokenizer import load_tokenizer

_LATENT_LAYERS = ('x_embedder.', 'final_layer.linear.')
"""The layers whose shape depends on the number of latent channels."""


def start_vae(folder: Path, vae: Vae) -> float:
    """Loads the folder's weights into `vae` and returns its latent scale. Raises ReadFolderError if the sizes
    differ."""
    scale = folder_facts(folder).latent_scale
    read_vae(folder, vae)
    return scale


def start_denoiser(folder: Path, dit: DiT) -> None:
    """Loads the folder's weights into `dit`; without the input and output layers if the latent channels differ.

    Raises ReadFolderError if any other size differs.
    """
    channels = folder_facts(folder).latent_channels
    shipped = DiT(replace(dit.config, in_channels=channels))
    read_dit(folder, shipped)
    weights = shipped.state_dict()
    if channels != dit.config.in_channels:
        weights = {name: value for name, value in weights.items() if not name.startswith(_LATENT_LAYERS)}
    dit.load_state_dict({**dit.state_dict(), **weights})


def start_text_encoder(folder: Path, text_encoder: TextEncoder, tokenizer: Tokenizer) -> int:
    """Loads the folder's weights into the encoder; embeddings are matched by token, not by id.

    Returns how many tokens of `tokenizer` the folder has; the rows of the others stay as initialised. Raises
    ReadFolderError if the sizes differ.
    """
    facts = folder_facts(folder)
    shipped = TextEncoder(TextEncoderConfig.from_dict({**text_encoder.config.to_dict(), 'vocab': facts.vocab}))
    read_text_encoder(folder, shipped)
    weights = shipped.state_dict()
    rows = weights.pop('shared.weight')
    text_encoder.load_state_dict(weights, strict=False)
    return copy_embeddings(
        rows, _tokens(load_tokenizer(facts.tokenizer)), text_encoder.shared.weight, _tokens(tokenizer)
    )


def _tokens(tokenizer: Tokenizer) -> list[str]:
    return [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]
