"""A run's configuration, read from `ml/configs/<name>.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from ..model.config import VaeConfig
from ..world.rules import WorldRules

CONFIG_FOLDER = Path(__file__).resolve().parents[2] / 'configs'


@dataclass(frozen=True)
class RunConfig:
    """One named configuration.

    `side`: image size in pixels. `vae`, `dit`, `text`: keyword arguments of the model's config classes. The settings of
    `vae_training`, `text_training`, `training`, `decoder_training` and `last_step_training` are documented in
    `vae_training.py`, `text_training.py`, `dit_training.py`, `decoder_training.py` and `last_step_training.py`; the
    last is empty in runs that predate it.
    """

    name: str
    side: int
    world: WorldRules
    vae: dict
    dit: dict
    text: dict
    vae_training: dict
    text_training: dict
    training: dict
    decoder_training: dict
    last_step_training: dict
    raw: dict

    @property
    def training_world(self) -> WorldRules:
        """The world's rules with the overrides of `training.world`, so that training can draw rare things more
        often."""
        return WorldRules.from_json({**self.raw['world'], **self.training.get('world', {})})

    @property
    def downscale(self) -> int:
        """Image pixels per latent pixel, along one side."""
        return VaeConfig.from_dict(self.vae).downscale

    @property
    def grid(self) -> int:
        """Patches per side of a frame."""
        return self.side // (self.downscale * self.dit['patch'])

    def with_minutes(self, minutes: float) -> RunConfig:
        """A copy with a different time budget for every training. Raises ValueError if it is negative."""
        if not minutes >= 0:
            raise ValueError(f'--minutes must be 0 or more, not {minutes}')
        return replace(
            self,
            vae_training={**self.vae_training, 'minutes': minutes},
            text_training={**self.text_training, 'minutes': minutes},
            training={**self.training, 'minutes': minutes},
            decoder_training={**self.decoder_training, 'minutes': minutes},
            last_step_training={**self.last_step_training, 'minutes': minutes},
        )

    @staticmethod
    def load(name_or_path: str) -> RunConfig:
        """Loads a config by name (`nano`) or by path. Raises FileNotFoundError if it does not exist."""
        path = Path(name_or_path)
        if path.suffix != '.json':
            path = CONFIG_FOLDER / f'{name_or_path}.json'
        return RunConfig.from_json(json.loads(path.read_text()))

    @staticmethod
    def from_json(raw: dict) -> RunConfig:
        return RunConfig(
            raw['name'],
            raw['side'],
            WorldRules.from_json(raw['world']),
            raw['vae'],
            raw['dit'],
            raw['text'],
            raw['vaeTraining'],
            raw['textTraining'],
            raw['training'],
            raw['decoderTraining'],
            raw.get('lastStepTraining', {}),
            raw,
        )
