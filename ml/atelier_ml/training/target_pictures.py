"""The target images of `train-last-step`, and their near misses."""

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
from ..world.draw import draw_scenes
from ..world.draw_views import draw_views
from ..world.fit_jitter import fit_jitter
from ..world.near_misses import NEAR_MISSES, near_misses
from ..world.scene import Thing
from ..world.view import View
from .picture_bytes import to_bytes, to_floats

_BATCHES_A_PROCESS = 16
"""With fewer batches per process, starting one does not pay off."""


@dataclass(frozen=True)
class SampledBatch:
    """A batch before the sampler's last step. `views`: the targets; `standing`: for each, the things in its input
    images; `seen` uint8 `[n, 3, side, side]`: the image that the sampler predicts so far."""

    views: Sequence[View]
    standing: Sequence[frozenset[Thing]]
    seen: Tensor
    kinds: tuple[str, ...]
    seed: int


def target_pictures(batches: Sequence[SampledBatch]) -> list[tuple[Tensor, Tensor]]:
    """For each batch, the target images, uint8 `[n, 3, side, side]`, and their near misses
    `[n, NEAR_MISSES, 3, side, side]`.

    The exact position of a new thing is not given by the instruction but decided by the noise, so the example's own
    image is only one of many valid results. Trained on it, a network could only learn the mean of all of them, which
    has blurred outlines. The target is therefore the valid image nearest to what the sampler already predicts. Views
    other than pictures have no near misses; theirs are copies of the target.
    """
    processes = min(len(os.sched_getaffinity(0)), len(batches) // _BATCHES_A_PROCESS)
    if processes < 2:
        return [_targets_of(batch) for batch in progress(batches, 'near misses')]
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(processes, context, torch.set_num_threads, (1,)) as pool:
        # As arrays, because every tensor sent between processes keeps a file open.
        made = progress(pool.map(_target_arrays, batches, chunksize=4), 'near misses', total=len(batches))
        return [(torch.from_numpy(pictures), torch.from_numpy(misses)) for pictures, misses in made]


def _target_arrays(batch: SampledBatch) -> tuple:
    pictures, misses = _targets_of(batch)
    return pictures.numpy(), misses.numpy()


def _targets_of(batch: SampledBatch) -> tuple[Tensor, Tensor]:
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
        scene = fit_jitter(view.scene, new, to_floats(seen))
        drawn = draw_scenes([scene, *near_misses(rng, scene, new, batch.kinds)], side)
        pictures.append(drawn[:1])
        misses.append(drawn[1:])
    return to_bytes(torch.cat(pictures)), to_bytes(torch.stack(misses))
