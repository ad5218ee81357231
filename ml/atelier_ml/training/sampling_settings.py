"""Sampling settings of a run."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..export.manifest import default_settings
from .config import CONFIG_FOLDER, RunConfig


@dataclass(frozen=True)
class SamplingSettings:
    """`steps`: DDIM steps; `scale`, `rescale` (0..1): of the guidance; `interval`: the part of the steps, as fractions
    0..1, that is guided (a step is in it if its midpoint is); None: all of them."""

    steps: int
    scale: float
    rescale: float
    interval: tuple[float, float] | None

    def is_guided(self, index: int) -> bool:
        """Whether step `index` is guided, by the pipeline's rule."""
        low, high = self.interval or (0.0, 1.0)
        return low <= (index + 0.5) / self.steps <= high

    @staticmethod
    def of(config: RunConfig) -> SamplingSettings:
        """The exported model's defaults, from `configs/<config>.manifest.json` if there is one."""
        file = CONFIG_FOLDER / f'{config.name}.manifest.json'
        own = json.loads(file.read_text(encoding='utf8')).get('defaults', {}) if file.exists() else {}
        known = {**default_settings(config.side), **own}
        interval = known.get('guidanceInterval')
        return SamplingSettings(
            known['steps'], known['guidanceScale'], known['guidanceRescale'], tuple(interval) if interval else None
        )
