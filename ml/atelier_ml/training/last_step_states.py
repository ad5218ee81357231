"""Training data of `train-last-step`: examples sampled up to the sampler's last step."""

from __future__ import annotations

import math
import random
from pathlib import Path

import torch
from torch import Tensor

from ..model.patches import patchify
from ..model.vae import Vae
from ..progress import progress
from ..world.example import Example
from ..world.scene import Thing
from ..world.unit import UnitImage
from ..world.view import View
from .batches import Batch, draw_batch
from .checkpoint import TrainedModel
from .config import RunConfig
from .dit_training import prepare_batch
from .files import save_whole
from .machine import Machine
from .objective import Objective
from .picture_bytes import to_bytes, to_floats
from .pool import Pool, draw_examples, fill_pool, pool_key
from .sampled_latents import sampled_latents
from .target_pictures import SampledBatch, target_pictures

_DRAWN_AT_ONCE = 32


def load_or_make_states(
    keep: Path,
    objective: Objective,
    config: RunConfig,
    trained: TrainedModel,
    vae: Vae,
    tokenizer: object,
    machine: Machine,
) -> list[dict]:
    """Batches right before the sampler's last step, in compact types: a batch's tensors, `x` (patches), `pictures` and
    `misses` (see `target_pictures`). Reads them from the file `keep` if the same weights and examples gave them, else
    samples new ones.

    Settings: seed, examples (none that the denoiser was trained on), steps, guidance, rescale, mixture.
    """
    settings = config.last_step_training
    key = [trained.facts, pool_key(config, trained.latent_scale), 'near misses']
    key += [settings[name] for name in ('seed', 'examples', 'steps', 'guidance', 'rescale', 'mixture')]
    if keep.exists():
        kept = torch.load(keep, weights_only=True)
        if kept['key'] == key:
            return kept['states']
    unseen = draw_examples(config, settings['examples'], first=config.training['examples'])
    pool, _, images = fill_pool(config, unseen, vae, trained.latent_scale, tokenizer, machine)
    states = _states(objective, vae, trained.latent_scale, pool, images, _standing(unseen), config, machine)
    save_whole({'key': key, 'states': states}, keep)
    return states


def random_slice(state: dict, size: int, generator: torch.Generator, machine: Machine) -> dict:
    """Consecutive samples of a state, from a random start, on the device: `batch`, `x`, `pictures`, `misses`
    (−1..1)."""
    count = len(state['x'])
    start = int(torch.randint(max(1, count - size + 1), (1,), generator=generator))
    rows = slice(start, start + size)
    floats = {name: machine.to(state[name][rows].float()) for name in ('target', 'masks', 'x')}
    batch = Batch(
        floats['target'],
        machine.to(state['conditions'][rows].float()).contiguous(),
        machine.to(state['ids'][rows].long()),
        machine.to(state['lengths'][rows].long()),
        tuple(state['segment']),
        floats['masks'].contiguous(),
        current=state['current'],
    )
    pictures, misses = (machine.to(to_floats(state[name][rows])) for name in ('pictures', 'misses'))
    return {'batch': batch, 'x': floats['x'], 'pictures': pictures, 'misses': misses}


def _standing(examples: dict[str, list[Example]]) -> dict[View, frozenset[Thing]]:
    """Target → the things that the images of its example contain."""
    standing: dict[View, frozenset[Thing]] = {}
    for example in (example for group in examples.values() for example in group):
        views = (image.view for unit in example.units for image in unit.images)
        things = frozenset(thing for view in views for thing in view.scene.things)
        standing[example.target] = standing.get(example.target, frozenset()) | things
    return standing


def _states(
    objective: Objective,
    vae: Vae,
    latent_scale: float,
    pool: Pool,
    images: list[UnitImage],
    standing: dict[View, frozenset[Thing]],
    config: RunConfig,
    machine: Machine,
) -> list[dict]:
    settings, patch = config.last_step_training, config.dit['patch']
    mixture = settings['mixture']
    generator, kinds = torch.Generator().manual_seed(settings['seed']), random.Random(settings['seed'])
    states, drawn = [], []
    for number in progress(range(math.ceil(settings['examples'] / _DRAWN_AT_ONCE)), 'denoiser'):
        kind = kinds.choices(list(mixture), list(mixture.values()))[0]
        batch, _, noise = prepare_batch(draw_batch(pool, kind, _DRAWN_AT_ONCE, 0.0, generator), machine, generator)
        x, clean = sampled_latents(objective, batch, noise, config.grid, settings, machine, left=1)
        with torch.no_grad(), machine.autocast():
            seen: Tensor = vae.decode(clean / latent_scale).float()
        views = [images[row].view for row in batch.rows.tolist()]
        drawn.append(
            SampledBatch(views, [standing[view] for view in views], to_bytes(seen).cpu(), config.world.kinds, number)
        )
        states.append(
            {
                **{name: getattr(batch, name).cpu().half() for name in ('target', 'conditions')},
                **{name: getattr(batch, name).cpu().short() for name in ('ids', 'lengths')},
                'masks': batch.masks.cpu().to(torch.uint8),
                'segment': batch.segment,
                'current': batch.current,
                'x': patchify(x, patch).cpu().half(),
            }
        )
    for state, (pictures, misses) in zip(states, target_pictures(drawn), strict=True):
        state |= {'pictures': pictures, 'misses': misses}
    return states
