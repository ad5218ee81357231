"""Which pictures the last step should end with, and which it should not."""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from ..progress import progress
from ..world.as_drawn import as_drawn
from ..world.draw import draw_scenes
from ..world.draw_views import draw_views
from ..world.near_misses import NEAR_MISSES, near_misses
from ..world.scene import Thing
from ..world.view import View
from .picture_bytes import to_bytes, to_floats

_BATCHES_A_PROCESS = 16
"""Fewer are not worth a process's start."""


@dataclass(frozen=True)
class Drawn:
    """A batch that the sampler has all but finished. `views`: what was asked for; `standing`: for each of them the
    things that its input pictures have; `seen` uint8 `[n, 3, side, side]`: the picture as the sampler sees it."""

    views: Sequence[View]
    standing: Sequence[frozenset[Thing]]
    seen: Tensor
    kinds: tuple[str, ...]
    seed: int


def wanted_pictures(batches: Sequence[Drawn]) -> list[tuple[Tensor, Tensor]]:
    """For each batch the pictures that are wanted, uint8 `[n, 3, side, side]`, and their near misses
    `[n, NEAR_MISSES, 3, side, side]`.

    Where a new thing stands to the pixel, no words say and noise decides: the truth of the example is one of many. So
    the one that is nearest to what the sampler already sees is wanted; of an example's own, a network could only
    learn the mean, whose outlines are blurred. Views other than pictures have no near misses: they are given
    themselves.
    """
    processes = min(len(os.sched_getaffinity(0)), len(batches) // _BATCHES_A_PROCESS)
    if processes < 2:
        return [_wanted(batch) for batch in progress(batches, 'near misses')]
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(processes, context, torch.set_num_threads, (1,)) as pool:
        # As arrays: a tensor would keep a file open for as long as it lives.
        made = progress(pool.map(_wanted_arrays, batches, chunksize=4), 'near misses', total=len(batches))
        return [(torch.from_numpy(pictures), torch.from_numpy(misses)) for pictures, misses in made]


def _wanted_arrays(batch: Drawn) -> tuple:
    pictures, misses = _wanted(batch)
    return pictures.numpy(), misses.numpy()


def _wanted(batch: Drawn) -> tuple[Tensor, Tensor]:
    rng = random.Random(batch.seed)
    side = batch.seen.shape[-1]
    pictures, misses = [], []
    for view, standing, seen in zip(batch.views, batch.standing, batch.seen, strict=True):
        if view.kind != 'picture':
            drawn = draw_views([view], side)
            pictures.append(drawn)
            misses.append(drawn.expand(NEAR_MISSES, -1, -1, -1))
            continue
        new = [index for index, thing in enumerate(view.scene.things) if thing not in standing]
        scene = as_drawn(view.scene, new, to_floats(seen))
        drawn = draw_scenes([scene, *near_misses(rng, scene, new, batch.kinds)], side)
        pictures.append(drawn[:1])
        misses.append(drawn[1:])
    return to_bytes(torch.cat(pictures)), to_bytes(torch.stack(misses))
