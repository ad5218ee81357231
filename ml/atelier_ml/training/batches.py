"""Batches: examples of one group of tasks and of one layout."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..world.tasks import GROUPS
from .pool import Pool, Shelf, emptied
from .tokenizer import FIRST_NAME

BatchKind = str
"""A group of `GROUPS`."""

_EARLIER = {True: (0.6, 0.15, 0.08, 0.05, 0.05, 0.04, 0.03), False: (0.84, 0.06, 0.04, 0.03, 0.03)}
"""Shares of batches with 0, 1, 2 … turns of other conversations before the example's own; whether it has a history
itself → its shares. A creation from words alone has none."""
_MOST_FRAMES = 9
_NAMES = 10
_EARLIER_GROUP = next(iter(group for group, tasks in GROUPS.items() if 'background' in tasks))
"""Turns of these tasks say nothing that an example's own history could be confused with."""


@dataclass(frozen=True)
class Batch:
    """F frames, the target first, then the images, oldest first.

    target `[B, T, 4 C]`: the clean target; conditions `[B, F-1, T, 4 C]`; ids `[B, S, L]` and lengths `[B, S]`: the S
    different texts, see `slots`; segment `[F]`: which of them each frame has; masks `[B, F, T, 4]`: 1 where
    a frame is marked, all ones without a mask; the target has that of the current unit's first image. labels
    `[B, F, T, 5]`: what is seen in each frame, see `token_labels`; None outside training. current: the frame of the
    current unit's first image, 0 without one. rows `[B]`: the targets' rows in the pool; None outside training.
    """

    target: Tensor
    conditions: Tensor
    ids: Tensor
    lengths: Tensor
    segment: tuple[int, ...]
    masks: Tensor
    labels: Tensor | None = None
    current: int = 0
    rows: Tensor | None = None

    def part(self, rows: slice) -> Batch:
        """Some of its samples."""
        return replace(
            self,
            target=self.target[rows],
            conditions=self.conditions[rows],
            ids=self.ids[rows],
            lengths=self.lengths[rows],
            masks=self.masks[rows],
            labels=None if self.labels is None else self.labels[rows],
            rows=None if self.rows is None else self.rows[rows],
        )


def segments(layout: tuple[int, ...]) -> tuple[int, ...]:
    """Which text each frame has, the target first; text j + 1 is that of history unit j.

    Text 0 is the current unit's for the target and the last frame, where guidance empties it. Earlier images of the
    current unit keep it, so theirs is a text of its own: the last one. See `slots`.
    """
    history = (unit + 1 for unit, images in enumerate(layout[:-1]) for _ in range(images))
    kept = (len(layout),) * (layout[-1] - 1)
    return (0, *history, *kept, *((0,) if layout[-1] else ()))


def slots(layout: tuple[int, ...]) -> list[int]:
    """Which unit each text of a batch is that of."""
    current = len(layout) - 1
    return [current, *range(current), *([current] if layout[-1] > 1 else [])]


def draw_batch(pool: Pool, kind: BatchKind, size: int, dropout: float, draws: torch.Generator) -> Batch:
    """A random batch; a share `dropout` of the current instructions is empty, for guidance.

    In a group of several layouts each comes as often as it has examples. Longer sequences come in smaller batches.
    """
    shelves = pool.shelves[kind]
    shares = torch.tensor([float(len(shelf)) for shelf in shelves])
    shelf = shelves[int(torch.multinomial(shares, 1, generator=draws))]
    earlier = 0
    if sum(shelf.layout) and _EARLIER_GROUP in pool.shelves:
        earlier = int(torch.multinomial(torch.tensor(_EARLIER[len(shelf.layout) > 1]), 1, generator=draws))
        earlier = min(earlier, _MOST_FRAMES - sum(shelf.layout))
    frames = 1 + sum(shelf.layout) + earlier
    size = size if frames <= 2 else min(size, max(8, 3 * size // frames))
    rows = torch.randint(len(shelf), (size,), generator=draws)
    others = [_other(pool, size, draws) for _ in range(earlier)]
    return _batch(pool, shelf, rows, others, dropout, draws)


def _other(pool: Pool, size: int, draws: torch.Generator) -> tuple[Shelf, Tensor]:
    shelf = pool.shelves[_EARLIER_GROUP][0]
    return shelf, torch.randint(len(shelf), (size,), generator=draws)


def _batch(
    pool: Pool, shelf: Shelf, rows: Tensor, others: list[tuple[Shelf, Tensor]], dropout: float, draws: torch.Generator
) -> Batch:
    parts = [*others, (shelf, rows)]
    images = torch.cat([own.images[picked] for own, picked in parts], 1)
    marks = torch.cat([own.masks[picked] for own, picked in parts], 1)
    layout = tuple(count for own, _ in parts for count in own.layout)
    texts, lengths = _texts(parts, layout, draws)
    drop = torch.rand(len(rows), generator=draws) < dropout
    texts[:, 0], lengths[:, 0] = emptied(texts[:, 0], lengths[:, 0], drop)
    current = images.shape[1] - layout[-1]
    of_target = marks[:, current] if layout[-1] else torch.zeros_like(rows)
    # Lengths in steps of eight keep the number of different shapes small without computing much padding.
    longest = min(texts.shape[-1], -(-int(lengths.max()) // 8) * 8)
    return Batch(
        pool.latents[shelf.target[rows]].float(),
        pool.latents[images].float(),
        texts[:, :, :longest],
        lengths,
        segments(layout),
        pool.masks[torch.cat((of_target[:, None], marks), 1)].float(),
        pool.labels[torch.cat((shelf.target[rows][:, None], images), 1)],
        1 + current if layout[-1] else 0,
        shelf.target[rows],
    )


def _texts(parts: list[tuple[Shelf, Tensor]], layout: tuple[int, ...], draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Ids `[B, S, LONGEST]` and lengths `[B, S]` as `slots` orders them, with the image names of the sequence."""
    ids, lengths = [], []
    for shelf, rows in parts:
        variant = torch.randint(shelf.texts.shape[2], (len(rows),), generator=draws)
        ids.append(shelf.texts[rows, :, variant].long())
        lengths.append(shelf.lengths[rows, :, variant])
    texts, counts = torch.cat(ids, 1), torch.cat(lengths, 1)
    first = torch.tensor([0, *layout[:-1]]).cumsum(0)[None, :, None]
    named = (texts >= FIRST_NAME) & (texts < FIRST_NAME + _NAMES)
    texts = torch.where(named, texts + first, texts)
    return texts[:, slots(layout)], counts[:, slots(layout)]


def untold(batch: Batch) -> Batch:
    """The batch of guidance's other pass: the target's and the last frame's text is empty."""
    ids, lengths = batch.ids.clone(), batch.lengths.clone()
    everywhere = torch.ones(len(ids), dtype=torch.bool, device=ids.device)
    ids[:, 0], lengths[:, 0] = emptied(ids[:, 0], lengths[:, 0], everywhere)
    return replace(batch, ids=ids, lengths=lengths)
