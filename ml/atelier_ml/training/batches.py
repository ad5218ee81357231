"""Batches of three kinds, all of one layout each: create (no image), edit (one), history (one earlier, one current)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from .pool import TEXTS, Pool, emptied

BatchKind = Literal["create", "edit", "history"]

_LATER = TEXTS.index("two later")
_ONE = TEXTS.index("one")


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
    if kind == "create":
        picture = torch.randint(3, (size,), generator=draws)
        return _batch(pool, chains, picture, [], [(picture, variant, drop)], (0,))
    if kind == "edit":
        turn = torch.randint(2, (size,), generator=draws)
        return _batch(pool, chains, turn + 1, [turn], [(turn + _ONE, variant, drop)], (0, 0))
    first, second, third = (torch.full((size,), index) for index in range(3))
    current = (torch.full((size,), _LATER), variant, drop)
    earlier = (torch.full((size,), _ONE), variant, torch.zeros_like(drop))
    return _batch(pool, chains, third, [first, second], [current, earlier], (0, 1, 0))


def _batch(pool, chains, target, conditions, texts, segment) -> Batch:
    ids, lengths = [], []
    for kind, variant, drop in texts:
        row, count = emptied(pool.texts[chains, kind, variant].long(), pool.lengths[chains, kind, variant], drop)
        ids.append(row)
        lengths.append(count)
    counts = torch.stack(lengths, 1)
    # Even lengths keep the number of different shapes small without computing much padding.
    longest = min(pool.texts.shape[-1], -(-int(counts.max()) // 8) * 8)
    frames = [pool.latents[chains, condition] for condition in conditions]
    empty = pool.latents.new_zeros(len(chains), 0, *pool.latents.shape[2:])
    return Batch(
        pool.latents[chains, target].float(),
        (torch.stack(frames, 1) if frames else empty).float(),
        torch.stack(ids, 1)[:, :, :longest],
        counts,
        segment,
    )
