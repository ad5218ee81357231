"""How a run's pictures are sampled."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..export.manifest import default_settings
from .config import CONFIG_FOLDER, RunConfig


@dataclass(frozen=True)
class SamplingSettings:
    """`steps` of DDIM; `scale` and `rescale` (0..1) of the guidance; `interval`: the share of the steps, from 0 to 1,
    that is guided (a step belongs to it if its middle does), None: all."""

    steps: int
    scale: float
    rescale: float
    interval: tuple[float, float] | None

    def is_guided(self, index: int) -> bool:
        """Whether the `index`-th step is, as the pipeline decides it."""
        low, high = self.interval or (0.0, 1.0)
        return low <= (index + 0.5) / self.steps <= high

    @staticmethod
    def of(config: RunConfig) -> SamplingSettings:
        """Those that a user of the exported model gets: of `configs/<config>.manifest.json`, where there is one."""
        file = CONFIG_FOLDER / f'{config.name}.manifest.json'
        own = json.loads(file.read_text(encoding='utf8')).get('defaults', {}) if file.exists() else {}
        known = {**default_settings(config.side), **own}
        interval = known.get('guidanceInterval')
        return SamplingSettings(
            known['steps'], known['guidanceScale'], known['guidanceRescale'], tuple(interval) if interval else None
        )
