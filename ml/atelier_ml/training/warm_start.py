"""A start from a shipped model folder: its weights, with the embeddings dealt out to today's pieces."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from ..export.read_folder import carry_pieces, folder_facts, read_dit, read_text_encoder, read_vae
from ..model.config import TextEncoderConfig
from ..model.dit import DiT
from ..model.text_encoder import TextEncoder
from ..model.vae import Vae
from .tokenizer import load_tokenizer

_ENDS = ('x_embedder.', 'final_layer.linear.')
"""Layers between latents and tokens."""


def start_vae(folder: Path, vae: Vae) -> float:
    """Fills `vae` and returns the folder's latent scale. Raises ReadFolderError when the sizes do not agree."""
    scale = folder_facts(folder).latent_scale
    read_vae(folder, vae)
    return scale


def start_denoiser(folder: Path, dit: DiT) -> None:
    """Fills `dit`. A folder whose latents have other channels gives all but the way in and the way out.

    Raises ReadFolderError when other sizes do not agree.
    """
    channels = folder_facts(folder).latent_channels
    shipped = DiT(replace(dit.config, in_channels=channels))
    read_dit(folder, shipped)
    weights = shipped.state_dict()
    if channels != dit.config.in_channels:
        weights = {name: value for name, value in weights.items() if not name.startswith(_ENDS)}
    dit.load_state_dict({**dit.state_dict(), **weights})


def start_text_encoder(folder: Path, text_encoder: TextEncoder, tokenizer: Tokenizer) -> int:
    """Fills the encoder; an embedding goes to the row of the same piece in `tokenizer`, whatever its id was.

    Returns how many pieces the folder knew; the rows of the others stay new. Raises ReadFolderError when the sizes do
    not agree.
    """
    facts = folder_facts(folder)
    shipped = TextEncoder(TextEncoderConfig.from_dict({**text_encoder.config.to_dict(), 'vocab': facts.vocab}))
    read_text_encoder(folder, shipped)
    weights = shipped.state_dict()
    rows = weights.pop('shared.weight')
    text_encoder.load_state_dict(weights, strict=False)
    return carry_pieces(rows, _pieces(load_tokenizer(facts.tokenizer)), text_encoder.shared.weight, _pieces(tokenizer))


def _pieces(tokenizer: Tokenizer) -> list[str]:
    return [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]
