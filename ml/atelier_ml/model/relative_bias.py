"""T5's relative position buckets."""

from __future__ import annotations

import math

import torch


def relative_buckets(length: int, buckets: int, max_distance: int, device: torch.device) -> torch.Tensor:
    """Bucket `[length, length]` int64 of each (query, key) distance, for both directions.

    Half the buckets are for keys after the query. Of each half, the first half counts single steps, the rest grows
    logarithmically up to `max_distance`.
    """
    places = torch.arange(length, device=device)
    distance = places[None, :] - places[:, None]
    half = buckets // 2
    single = half // 2
    far = distance.abs()
    growth = torch.log(far.clamp(min=1).float() / single) / math.log(max_distance / single)
    logarithmic = (single + (growth * (half - single)).long()).clamp(max=half - 1)
    return (distance > 0).long() * half + torch.where(far < single, far, logarithmic)
