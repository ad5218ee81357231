"""Batches of three kinds, all of one layout each: create (no image), edit (one), history (two to nine)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from .pool import TEXTS, Pool, emptied
from .tokenizer import FIRST_NAME as _FIRST_NAME

BatchKind = Literal['create', 'edit', 'history']

_LATER = TEXTS.index('two later')
_ONE = TEXTS.index('one')
_MORE_HISTORY = (0.5, 0.2, 0.12, 0.08, 0.025, 0.025, 0.025, 0.025)
"""Shares of history batches with 2, 3 … 9 condition frames."""


@dataclass(frozen=True)
class Batch:
    """target `[B, T, 4 C]`: the clean target; conditions `[B, F-1, T, 4 C]`; ids `[B, S, L]` and lengths `[B, S]`:
    the S different texts; segment `[F]`: which of them each frame has (the target's first)."""

    target: Tensor
    conditions: Tensor
    ids: Tensor
    lengths: Tensor
    segment: tuple[int, ...]


def draw_batch(pool: Pool, kind: BatchKind, size: int, dropout: float, draws: torch.Generator) -> Batch:
    """A random batch; a share `dropout` of the current instructions is empty, for guidance."""
    chains = torch.randint(len(pool), (size,), generator=draws)
    variant = torch.randint(pool.texts.shape[2], (size,), generator=draws)
    drop = torch.rand(size, generator=draws) < dropout
    if kind == 'create':
        picture = torch.randint(3, (size,), generator=draws)
        row, count = _row(pool, chains, picture, variant, drop)
        return _batch(pool.latents[chains, picture], [], [row], [count], (0,))
    if kind == 'edit':
        turn = torch.randint(2, (size,), generator=draws)
        row, count = _row(pool, chains, turn + _ONE, variant, drop)
        return _batch(pool.latents[chains, turn + 1], [pool.latents[chains, turn]], [row], [count], (0, 0))
    return _history(pool, size, chains, variant, drop, draws)


def _history(pool: Pool, size: int, chains: Tensor, variant: Tensor, drop: Tensor, draws: torch.Generator) -> Batch:
    """The second edit of a chain, with the first in its history, and sometimes with turns of other chains before that.

    Those teach that more history changes nothing for these edits. Longer sequences come in smaller batches.
    """
    conditions = 2 + int(torch.multinomial(torch.tensor(_MORE_HISTORY), 1, generator=draws))
    size = max(8, 3 * size // (conditions + 1))
    chains, variant, drop = chains[:size], variant[:size], drop[:size]
    others = torch.randint(len(pool), (conditions - 2, size), generator=draws)
    turns = torch.randint(2, (conditions - 2, size), generator=draws)
    frames = [pool.latents[other, turn] for other, turn in zip(others, turns, strict=True)]
    frames += [pool.latents[chains, 0], pool.latents[chains, 1]]
    texts = [(chains, torch.full((size,), _LATER), drop, conditions - 1)]
    kept = torch.zeros_like(drop)
    texts += [(other, turn + _ONE, kept, index) for index, (other, turn) in enumerate(zip(others, turns, strict=True))]
    texts += [(chains, torch.full((size,), _ONE), kept, conditions - 2)]
    rows, lengths = [], []
    for owner, kind, dropped, image in texts:
        row, count = _row(pool, owner, kind, variant, dropped)
        # The texts of the pool name `{image}` or `{image1}`; here the image has the place `image` in the sequence.
        rows.append(torch.where((row == _FIRST_NAME) | (row == _FIRST_NAME + 1), _FIRST_NAME + image, row))
        lengths.append(count)
    return _batch(pool.latents[chains, 2], frames, rows, lengths, (0, *range(1, conditions), 0))


def _row(pool: Pool, chains: Tensor, kind: Tensor, variant: Tensor, drop: Tensor) -> tuple[Tensor, Tensor]:
    return emptied(pool.texts[chains, kind, variant].long(), pool.lengths[chains, kind, variant], drop)


def _batch(
    target: Tensor, frames: list[Tensor], rows: list[Tensor], lengths: list[Tensor], segment: tuple[int, ...]
) -> Batch:
    counts = torch.stack(lengths, 1)
    # Lengths in steps of eight keep the number of different shapes small without computing much padding.
    longest = min(rows[0].shape[-1], -(-int(counts.max()) // 8) * 8)
    empty = target.new_zeros(len(target), 0, *target.shape[1:])
    conditions = torch.stack(frames, 1) if frames else empty
    return Batch(target.float(), conditions.float(), torch.stack(rows, 1)[:, :, :longest], counts, segment)
