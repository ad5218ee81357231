"""The training pool: chains as latents and token ids, made in bulk so that a training step is tensor work only."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import chain as joined
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from ..model.patches import patchify
from ..model.vae import Vae
from ..world.chains import chain_words, random_chain
from .config import RunConfig
from .files import save_whole
from .machine import Machine
from .picture_pool import draw_pool
from .progress import progress
from .tokenizer import EOS, PAD, tokenise
from .vae_training import encode_pool

TEXTS = ('caption 0', 'caption 1', 'caption 2', 'one', 'two', 'two later')
"""Kinds of texts of a chain: the columns of `Pool.texts`."""

LONGEST = 48
"""Pieces in the longest text that the pool keeps; longer ones are cut."""

_PART = 2000


@dataclass(frozen=True)
class Pool:
    """latents `[chains, 3, T, 4 C]` float16, scaled, as patches in the order (channel, row, column);
    texts `[chains, 6, variants, LONGEST]` int16, padded; lengths `[chains, 6, variants]` int64.
    """

    latents: Tensor
    texts: Tensor
    lengths: Tensor

    def __len__(self) -> int:
        return len(self.latents)


def build_pool(
    config: RunConfig, vae: Vae, latent_scale: float, tokenizer: Tokenizer, machine: Machine, keep: Path
) -> Pool:
    """Draws and encodes `training.chains` chains with `training.texts` wordings each; kept in a file for resuming."""
    count, variants = config.training['chains'], config.training['texts']
    if keep.exists():
        state = torch.load(keep, weights_only=True)
        if state['latents'].shape[0] == count and state['scale'] == latent_scale:
            return Pool(state['latents'], state['texts'], state['lengths'])
    rng = random.Random(config.training['seed'])
    latents, texts, lengths = [], [], []
    for start in progress(range(0, count, _PART), 'chains'):
        chains = [random_chain('train', index, config.world) for index in range(start, min(start + _PART, count))]
        pictures = draw_pool(list(joined.from_iterable(chain.scenes for chain in chains)), config.side)
        encoded = encode_pool(vae, pictures, machine).float() * latent_scale
        latents.append(patchify(encoded, config.dit['patch']).half().unflatten(0, (len(chains), 3)))
        words = [[chain_words(rng, chain) for _ in range(variants)] for chain in chains]
        rows = [
            text
            for ways in words
            for kind in zip(*((*way.captions, way.one, way.two, way.two_later) for way in ways), strict=True)
            for text in kind
        ]
        ids, counts = padded(tokenise(tokenizer, rows, LONGEST), LONGEST)
        texts.append(ids.to(torch.int16).view(len(chains), len(TEXTS), variants, LONGEST))
        lengths.append(counts.view(len(chains), len(TEXTS), variants))
    pool = Pool(torch.cat(latents), torch.cat(texts), torch.cat(lengths))
    save_whole({'latents': pool.latents, 'texts': pool.texts, 'lengths': pool.lengths, 'scale': latent_scale}, keep)
    return pool


def padded(rows: list[list[int]], width: int) -> tuple[Tensor, Tensor]:
    """Lists of ids → `[n, width]` int64 and their lengths `[n]` int64."""
    ids = torch.full((len(rows), width), PAD, dtype=torch.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
    return ids, torch.tensor([len(row) for row in rows])


def emptied(ids: Tensor, lengths: Tensor, drop: Tensor) -> tuple[Tensor, Tensor]:
    """Replaces the texts where `drop [n]` is true by the empty text, EOS alone."""
    empty = torch.full_like(ids, PAD)
    empty[:, 0] = EOS
    return torch.where(drop[:, None], empty, ids), torch.where(drop, torch.ones_like(lengths), lengths)
