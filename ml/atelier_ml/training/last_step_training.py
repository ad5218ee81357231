"""Fine-tunes the sampler's last step in pixel space, denoiser and decoder together.

The velocity loss is minimised by the mean of all plausible latents, and the decoder turns a mean of outlines into a
blurred outline. The prediction of the last step is what gets decoded, so it can be trained on the image itself: the
gradient of the pixel error flows through the decoder into the denoiser. Of all images that fit the instruction, the
target is the one nearest to what the sampler already predicts (`target_pictures.py`), and a margin loss keeps the
result away from near misses (`near_miss_loss.py`). The step is taken without guidance, which saves a pass; models
trained this way should have a `guidanceInterval` that ends before the last step. At the earlier steps, a penalty keeps
the denoiser's predictions where they were.
"""

from __future__ import annotations

import copy
import math
import random
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ..model.config import VaeConfig
from ..model.patches import unpatchify
from ..model.scheduler import NoiseSchedule, SamplingSteps
from ..model.vae import Vae
from .batches import Batch
from .checkpoint import LAST_STEP_FILE, STATES_FILE, TrainedModel, load_part, load_trained
from .config import RunConfig
from .ema import Ema
from .files import append_row, save_whole
from .interval import Interval
from .last_step_states import load_or_make_states, random_slice
from .machine import Machine, best_machine
from .near_miss_loss import near_miss_loss
from .networks import new_objective
from .objective import Objective
from .pool import drop_texts
from .sampled_latents import latent_image
from .tokenizer import load_tokenizer
from .trainer import Trainer
from .vae_training import picture_loss

_PART = 16
"""Samples per layout in an update; an update covers several layouts."""
_HELD = 16
"""Samples per update at earlier steps."""
_WITH_TEXT = 0.75
"""Fraction of these that keep their instruction."""
_ROW_EVERY = 20.0
_LOGGED = ('l1', 'missed', 'moved')
"""Columns of the log; `l1` for images in −1..1."""


def train_last_step(config: RunConfig, run: Path, resume: bool = False) -> None:
    """Trains for `lastStepTraining.minutes` and writes `last_step.pt`, whose denoiser and decoder replace the run's
    whenever it is sampled or exported. Needs `vae.pt` and `checkpoint.pt`; starts from `decoder.pt` if there is one.
    SIGTERM saves and stops.

    Settings: seed, minutes, batch (rounded to a multiple of 16), rate (AdamW's peak), muonFactor (Muon's rate relative
    to it), warmup (steps), examples (sampled up to the last step before the training and cached in a file; none that
    the denoiser was trained on), steps, guidance, rescale (of the sampler), held (weight of the squared change of the
    denoiser's predictions at earlier steps), nearMissWeight (of `near_miss_loss`), edgeWeight, detailWeight (as in
    `train-vae`), emaDecay, mixture (share of batches per task group).
    """
    settings = config.last_step_training
    torch.manual_seed(settings['seed'])
    machine = best_machine()
    trained = load_trained(run, last_step=False)
    vae, objective, tokenizer = _networks(config, trained, machine)
    before = copy.deepcopy(objective)
    states = load_or_make_states(run / STATES_FILE, before, config, trained, vae, tokenizer, machine)
    modules = {'dit': objective.dit, 'decoder': vae.decoder, 'post_quant_conv': vae.post_quant_conv}
    objective.dit.train()
    for module in modules.values():
        module.requires_grad_(True)
    ema = Ema(modules, settings['emaDecay'])
    trainer = Trainer('last step', settings, modules.values(), ema)
    if resume and (run / LAST_STEP_FILE).exists():
        saved = load_part(run, LAST_STEP_FILE)
        for name, module in modules.items():
            module.load_state_dict(saved['live'][name])
        ema.load(saved['weights'], saved['step'])
        trainer.load(saved)
    last, held = _steps(settings['steps'])
    generator = torch.Generator().manual_seed(settings['seed'] + trainer.step)
    picks = random.Random(settings['seed'] + trainer.step)

    def save() -> None:
        live = {name: module.state_dict() for name, module in modules.items()}
        save_whole({'weights': ema.copy(), 'live': live, **trainer.state()}, run / LAST_STEP_FILE)

    parts = max(1, round(settings['batch'] / _PART))
    losses: list[tuple[float, ...]] = []
    rows = Interval(_ROW_EVERY)
    for _ in trainer.updates(save):
        sums = torch.zeros(2)
        for _ in range(parts):
            state = random_slice(picks.choice(states), _PART, generator, machine)
            with machine.autocast(), machine.attention():
                latent = last_prediction(objective, state['batch'], state['x'], last)
                seen = vae.decode(latent / trained.latent_scale).float()
            cost, plain = picture_loss(seen, state['pictures'], settings)
            missed = near_miss_loss(seen, state['pictures'], state['misses'])
            ((cost + settings['nearMissWeight'] * missed) / parts).backward()
            sums += torch.stack((plain, missed)).detach().cpu() / parts
        other = random_slice(picks.choice(states), _HELD, generator, machine)['batch']
        moved = _moved(objective, before, other, held, generator, machine)
        (settings['held'] * moved).backward()
        losses.append((*sums.tolist(), moved.item()))
        numbers = dict(zip(_LOGGED, losses[-1], strict=True))
        trainer.show(**{name: f'{value:.4f}' for name, value in numbers.items()})
        if rows.due:
            means = torch.tensor(losses).mean(0).tolist()
            numbers = {name: round(value, 5) for name, value in zip(_LOGGED, means, strict=True)}
            append_row(run / 'last_step_losses.csv', {**trainer.counters, **numbers})
            losses = []


def last_prediction(objective: Objective, batch: Batch, noisy: Tensor, timestep: int) -> Tensor:
    """The denoiser's x_0 `[B, C, h, w]` for `noisy` (patches `[B, T, 4 C]` in the network's input order) at a time
    step, without guidance."""
    patch = objective.dit.config.patch
    grid = math.isqrt(noisy.shape[1])
    times = torch.full((len(noisy),), float(timestep), device=noisy.device)
    velocity = unpatchify(objective.predict(batch, noisy, times), grid, grid, patch)
    alpha, sigma = objective.alphas[timestep], objective.sigmas[timestep]
    return alpha * latent_image(noisy, grid, patch) - sigma * velocity


def _steps(count: int) -> tuple[int, list[int]]:
    """The sampler's last time step, and the earlier ones."""
    *held, last = SamplingSteps.trailing(NoiseSchedule.linear(), count).model_timesteps.long().tolist()
    return last, held


def _add_noise(objective: Objective, target: Tensor, noise: Tensor, timestep: int | Tensor) -> Tensor:
    alpha, sigma = objective.alphas[timestep], objective.sigmas[timestep]
    return alpha[..., None, None] * target + sigma[..., None, None] * noise


def _moved(
    objective: Objective, before: Objective, batch: Batch, held: list[int], generator: torch.Generator, machine: Machine
) -> Tensor:
    """Mean squared change of the predictions at the steps before the last; 0 if there is only one step."""
    if not held:
        return objective.alphas.new_zeros((), requires_grad=True)
    size = len(batch.target)
    times = machine.to(torch.tensor(held)[torch.randint(len(held), (size,), generator=generator)])
    noise = machine.to(torch.randn(batch.target.shape, generator=generator))
    dropped = machine.to(torch.rand(size, generator=generator) >= _WITH_TEXT)
    ids, lengths = batch.ids.clone(), batch.lengths.clone()
    ids[:, 0], lengths[:, 0] = drop_texts(ids[:, 0], lengths[:, 0], dropped)
    batch = replace(batch, ids=ids, lengths=lengths)
    noisy = _add_noise(objective, batch.target, noise, times)
    with machine.autocast(), machine.attention():
        with torch.no_grad():
            wanted = before.predict(batch, noisy, times.float())
        return (objective.predict(batch, noisy, times.float()) - wanted).float().square().mean()


def _networks(config: RunConfig, trained: TrainedModel, machine: Machine) -> tuple[Vae, Objective, object]:
    """The networks of a run with its weights, frozen, on the device."""
    tokenizer = load_tokenizer(trained.tokenizer)
    vae, objective = Vae(VaeConfig.from_dict(config.vae)), new_objective(config, tokenizer)
    vae.load_state_dict(trained.vae)
    objective.dit.load_state_dict(trained.dit)
    objective.text_encoder.load_state_dict(trained.text_encoder)
    for module in (vae, objective):
        machine.place(module.eval().requires_grad_(False))
    return vae, objective, tokenizer
