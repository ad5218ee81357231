"""Batches of examples from one task group with the same layout."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..world.tasks import GROUPS
from .pool import Bucket, Pool, drop_texts
from .tokenizer import FIRST_NAME

BatchKind = str
"""A group of `GROUPS`."""

_EARLIER = {True: (0.6, 0.15, 0.08, 0.05, 0.05, 0.04, 0.03), False: (0.84, 0.06, 0.04, 0.03, 0.03)}
"""Shares of batches with 0, 1, 2 … turns of other conversations before the example's own, keyed by whether the example
has a history itself. Examples without images get none."""
_MOST_FRAMES = 9
_NAMES = 10
_EARLIER_GROUP = next(iter(group for group, tasks in GROUPS.items() if 'background' in tasks))
"""Turns of these tasks cannot be confused with an example's own history."""


@dataclass(frozen=True)
class Batch:
    """F frames: the target, then the images, oldest first.

    target `[B, T, 4 C]`: the clean target; conditions `[B, F-1, T, 4 C]`; ids `[B, S, L]` and lengths `[B, S]`: the S
    distinct texts, see `slots`; segment `[F]`: index of each frame's text; masks `[B, F, T, 4]`: 1 where a frame is
    masked, all ones if it has no mask; the target uses the mask of the current unit's first image. labels
    `[B, F, T, 5]`: what each frame shows, see `patch_labels`; None outside training. current: index of the frame of the
    current unit's first image, 0 if it has none. rows `[B]`: rows of the targets in the pool; None outside training.
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
        """A slice of the batch."""
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
    """Index of each frame's text, the target first; text j + 1 belongs to history unit j.

    Text 0 is the current unit's, for the target and the last frame, where classifier-free guidance drops it. Earlier
    images of the current unit keep their text, so they refer to a separate copy, which comes last. See `slots`.
    """
    history = (unit + 1 for unit, images in enumerate(layout[:-1]) for _ in range(images))
    kept = (len(layout),) * (layout[-1] - 1)
    return (0, *history, *kept, *((0,) if layout[-1] else ()))


def slots(layout: tuple[int, ...]) -> list[int]:
    """The unit that each text of a batch belongs to."""
    current = len(layout) - 1
    return [current, *range(current), *([current] if layout[-1] > 1 else [])]


def draw_batch(pool: Pool, kind: BatchKind, size: int, dropout: float, generator: torch.Generator) -> Batch:
    """A random batch; a fraction `dropout` of the current instructions is dropped, for classifier-free guidance.

    If a group has several layouts, each is drawn in proportion to its examples. Longer sequences get smaller batches.
    """
    buckets = pool.buckets[kind]
    shares = torch.tensor([float(len(bucket)) for bucket in buckets])
    bucket = buckets[int(torch.multinomial(shares, 1, generator=generator))]
    earlier = 0
    if sum(bucket.layout) and _EARLIER_GROUP in pool.buckets:
        earlier = int(torch.multinomial(torch.tensor(_EARLIER[len(bucket.layout) > 1]), 1, generator=generator))
        earlier = min(earlier, _MOST_FRAMES - sum(bucket.layout))
    frames = 1 + sum(bucket.layout) + earlier
    size = size if frames <= 2 else min(size, max(8, 3 * size // frames))
    rows = torch.randint(len(bucket), (size,), generator=generator)
    others = [_other(pool, size, generator) for _ in range(earlier)]
    return _batch(pool, bucket, rows, others, dropout, generator)


def _other(pool: Pool, size: int, generator: torch.Generator) -> tuple[Bucket, Tensor]:
    bucket = pool.buckets[_EARLIER_GROUP][0]
    return bucket, torch.randint(len(bucket), (size,), generator=generator)


def _batch(
    pool: Pool,
    bucket: Bucket,
    rows: Tensor,
    others: list[tuple[Bucket, Tensor]],
    dropout: float,
    generator: torch.Generator,
) -> Batch:
    parts = [*others, (bucket, rows)]
    images = torch.cat([own.images[picked] for own, picked in parts], 1)
    marks = torch.cat([own.masks[picked] for own, picked in parts], 1)
    layout = tuple(count for own, _ in parts for count in own.layout)
    texts, lengths = _texts(parts, layout, generator)
    drop = torch.rand(len(rows), generator=generator) < dropout
    texts[:, 0], lengths[:, 0] = drop_texts(texts[:, 0], lengths[:, 0], drop)
    current = images.shape[1] - layout[-1]
    of_target = marks[:, current] if layout[-1] else torch.zeros_like(rows)
    # Rounding lengths up to multiples of eight keeps the number of shapes small without adding much padding.
    longest = min(texts.shape[-1], -(-int(lengths.max()) // 8) * 8)
    return Batch(
        pool.latents[bucket.target[rows]].float(),
        pool.latents[images].float(),
        texts[:, :, :longest],
        lengths,
        segments(layout),
        pool.masks[torch.cat((of_target[:, None], marks), 1)].float(),
        pool.labels[torch.cat((bucket.target[rows][:, None], images), 1)],
        1 + current if layout[-1] else 0,
        bucket.target[rows],
    )


def _texts(
    parts: list[tuple[Bucket, Tensor]], layout: tuple[int, ...], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Ids `[B, S, LONGEST]` and lengths `[B, S]` in the order of `slots`, with image names renumbered for the
    sequence."""
    ids, lengths = [], []
    for bucket, rows in parts:
        variant = torch.randint(bucket.texts.shape[2], (len(rows),), generator=generator)
        ids.append(bucket.texts[rows, :, variant].long())
        lengths.append(bucket.lengths[rows, :, variant])
    texts, counts = torch.cat(ids, 1), torch.cat(lengths, 1)
    first = torch.tensor([0, *layout[:-1]]).cumsum(0)[None, :, None]
    named = (texts >= FIRST_NAME) & (texts < FIRST_NAME + _NAMES)
    texts = torch.where(named, texts + first, texts)
    return texts[:, slots(layout)], counts[:, slots(layout)]


def unconditional(batch: Batch) -> Batch:
    """The batch for the unconditional pass of guidance: the text of the target and of the last frame is dropped."""
    ids, lengths = batch.ids.clone(), batch.lengths.clone()
    everywhere = torch.ones(len(ids), dtype=torch.bool, device=ids.device)
    ids[:, 0], lengths[:, 0] = drop_texts(ids[:, 0], lengths[:, 0], everywhere)
    return replace(batch, ids=ids, lengths=lengths)
