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

    `side`: pixels a side. `vae`, `dit`, `text`: keyword arguments of the model's config classes. `vae_training`,
    `text_training`, `training`, `decoder_training`, `last_step_training`: see `vae_training.py`, `text_training.py`,
    `dit_training.py`, `decoder_training.py` and `last_step_training.py` for each setting. The last
    is empty in runs from before there was one.
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
        """The world as training draws it: `training.world` takes the place of what it names, so that what is rare in
        the world need not be rare there."""
        return WorldRules.from_json({**self.raw['world'], **self.training.get('world', {})})

    @property
    def downscale(self) -> int:
        """Pixels along a side of one pixel of a latent."""
        return VaeConfig.from_dict(self.vae).downscale

    @property
    def grid(self) -> int:
        """Patches along a side of a frame."""
        return self.side // (self.downscale * self.dit['patch'])

    def with_minutes(self, minutes: float) -> RunConfig:
        """The same with another time budget, for whichever training reads it. Raises ValueError below 0."""
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
        """Loads a config by name (`nano`) or by path. Raises FileNotFoundError when there is none."""
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
