"""Trains the sampler's last step in pixels: the denoiser together with the decoder.

The denoiser's loss asks for the mean of all latents that may be meant, and a decoder draws a mean of outlines as a
blurred one. The last step's prediction is what is decoded, so it can be asked for the picture itself: here the gradient
of the picture's error goes through the decoder into the denoiser. Of all pictures that the words allow, the one that
is nearest to what the sampler already sees is asked for (`wanted_pictures.py`), and that it looks like no near miss
(`near_miss_loss.py`). The step is taken without guidance, which costs a pass less; give a model that was trained so a
`guidanceInterval` that ends before its last step. At the steps before, the denoiser is held to what it said.
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
from .course import Course
from .ema import Ema
from .every import Every
from .files import append_row, save_whole
from .last_step_states import kept_states, part_of_state
from .machine import Machine, compute
from .near_miss_loss import near_miss_loss
from .networks import new_objective
from .objective import Objective
from .pool import emptied
from .sampled_latents import latent_image
from .tokenizer import load_tokenizer
from .vae_training import picture_loss

_PART = 16
"""Samples of one layout in an update; an update has several layouts."""
_HELD = 16
"""Samples at earlier steps in an update."""
_TOLD = 0.75
"""Share of those whose words are not left out."""
_ROW_EVERY = 20.0
_LOGGED = ('l1', 'missed', 'moved')
"""Of −1..1; the others as they are weighed."""


def train_last_step(config: RunConfig, run: Path, resume: bool = False) -> None:
    """Trains for `lastStepTraining.minutes` and writes `last_step.pt`, whose denoiser and decoder take the place of the
    run's wherever it is sampled or exported. Needs `vae.pt` and `checkpoint.pt`; begins with `decoder.pt` where
    there is one. SIGTERM saves and ends.

    Settings: seed, minutes, batch (rounded to whole parts of 16), rate (AdamW's peak), muonFactor (Muon's rate as
    a multiple), warmup (steps), examples (led by the sampler to its last step before the training and kept in a
    file; none of those that the denoiser learned from), steps, guidance, rescale (of the sampler), held (weight of
    what the denoiser's predictions at the steps before have moved, squared), nearMissWeight (of `near_miss_loss`),
    edgeWeight, detailWeight (as of `train-vae`), emaDecay, mixture (share of batches of each group of tasks).
    """
    settings = config.last_step_training
    torch.manual_seed(settings['seed'])
    machine = compute()
    trained = load_trained(run, last_step=False)
    vae, objective, tokenizer = _networks(config, trained, machine)
    before = copy.deepcopy(objective)
    states = kept_states(run / STATES_FILE, before, config, trained, vae, tokenizer, machine)
    modules = {'dit': objective.dit, 'decoder': vae.decoder, 'post_quant_conv': vae.post_quant_conv}
    objective.dit.train()
    for module in modules.values():
        module.requires_grad_(True)
    ema = Ema(modules, settings['emaDecay'])
    course = Course('last step', settings, modules.values(), ema)
    if resume and (run / LAST_STEP_FILE).exists():
        saved = load_part(run, LAST_STEP_FILE)
        for name, module in modules.items():
            module.load_state_dict(saved['live'][name])
        ema.load(saved['weights'], saved['step'])
        course.load(saved)
    last, held = _steps(settings['steps'])
    draws = torch.Generator().manual_seed(settings['seed'] + course.step)
    picks = random.Random(settings['seed'] + course.step)

    def save() -> None:
        live = {name: module.state_dict() for name, module in modules.items()}
        save_whole({'weights': ema.copy(), 'live': live, **course.state()}, run / LAST_STEP_FILE)

    parts = max(1, round(settings['batch'] / _PART))
    losses: list[tuple[float, ...]] = []
    rows = Every(_ROW_EVERY)
    for _ in course.updates(save):
        sums = torch.zeros(2)
        for _ in range(parts):
            state = part_of_state(picks.choice(states), _PART, draws, machine)
            with machine.autocast(), machine.attention():
                latent = last_prediction(objective, state['batch'], state['x'], last)
                seen = vae.decode(latent / trained.latent_scale).float()
            cost, plain = picture_loss(seen, state['pictures'], settings)
            missed = near_miss_loss(seen, state['pictures'], state['misses'])
            ((cost + settings['nearMissWeight'] * missed) / parts).backward()
            sums += torch.stack((plain, missed)).detach().cpu() / parts
        other = part_of_state(picks.choice(states), _HELD, draws, machine)['batch']
        moved = _moved(objective, before, other, held, draws, machine)
        (settings['held'] * moved).backward()
        losses.append((*sums.tolist(), moved.item()))
        numbers = dict(zip(_LOGGED, losses[-1], strict=True))
        course.show(**{name: f'{value:.4f}' for name, value in numbers.items()})
        if rows.due:
            means = torch.tensor(losses).mean(0).tolist()
            numbers = {name: round(value, 5) for name, value in zip(_LOGGED, means, strict=True)}
            append_row(run / 'last_step_losses.csv', {**course.place, **numbers})
            losses = []


def last_prediction(objective: Objective, batch: Batch, noisy: Tensor, timestep: int) -> Tensor:
    """The clean latent `[B, C, h, w]` that the denoiser sees in `noisy` (patches `[B, T, 4 C]` as the network gets
    them) at a time step, without guidance."""
    patch = objective.dit.config.patch
    grid = math.isqrt(noisy.shape[1])
    times = torch.full((len(noisy),), float(timestep), device=noisy.device)
    velocity = unpatchify(objective.predict(batch, noisy, times), grid, grid, patch)
    alpha, sigma = objective.alphas[timestep], objective.sigmas[timestep]
    return alpha * latent_image(noisy, grid, patch) - sigma * velocity


def _steps(count: int) -> tuple[int, list[int]]:
    """The sampler's last time step, and those before."""
    *held, last = SamplingSteps.trailing(NoiseSchedule.linear(), count).model_timesteps.long().tolist()
    return last, held


def _in_noise(objective: Objective, target: Tensor, noise: Tensor, timestep: int | Tensor) -> Tensor:
    alpha, sigma = objective.alphas[timestep], objective.sigmas[timestep]
    return alpha[..., None, None] * target + sigma[..., None, None] * noise


def _moved(
    objective: Objective, before: Objective, batch: Batch, held: list[int], draws: torch.Generator, machine: Machine
) -> Tensor:
    """The mean square of what predictions at the steps before the last have moved; with one step only, 0."""
    if not held:
        return objective.alphas.new_zeros((), requires_grad=True)
    size = len(batch.target)
    times = machine.to(torch.tensor(held)[torch.randint(len(held), (size,), generator=draws)])
    noise = machine.to(torch.randn(batch.target.shape, generator=draws))
    left_out = machine.to(torch.rand(size, generator=draws) >= _TOLD)
    ids, lengths = batch.ids.clone(), batch.lengths.clone()
    ids[:, 0], lengths[:, 0] = emptied(ids[:, 0], lengths[:, 0], left_out)
    batch = replace(batch, ids=ids, lengths=lengths)
    noisy = _in_noise(objective, batch.target, noise, times)
    with machine.autocast(), machine.attention():
        with torch.no_grad():
            wanted = before.predict(batch, noisy, times.float())
        return (objective.predict(batch, noisy, times.float()) - wanted).float().square().mean()


def _networks(config: RunConfig, trained: TrainedModel, machine: Machine) -> tuple[Vae, Objective, object]:
    """Frozen, on the device."""
    tokenizer = load_tokenizer(trained.tokenizer)
    vae, objective = Vae(VaeConfig.from_dict(config.vae)), new_objective(config, tokenizer)
    vae.load_state_dict(trained.vae)
    objective.dit.load_state_dict(trained.dit)
    objective.text_encoder.load_state_dict(trained.text_encoder)
    for module in (vae, objective):
        machine.place(module.eval().requires_grad_(False))
    return vae, objective, tokenizer
