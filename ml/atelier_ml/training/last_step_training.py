"""Trains the sampler's last step in pixels: the denoiser together with the decoder.

The denoiser's loss asks for the mean of all latents that may be meant, and a decoder draws a mean of outlines as a
blurred one. The last step's prediction is what is decoded, so it can be asked for the picture itself: here the gradient
of the picture's error goes through the decoder into the denoiser. It is asked without guidance, which costs a pass
less; give a model that was trained so a `guidanceInterval` that ends before its last step. At the steps before, the
denoiser is held to what it said.
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
from ..model.patches import patchify, unpatchify
from ..model.scheduler import NoiseSchedule, SamplingSteps
from ..model.vae import Vae
from .batches import Batch, draw_batch
from .checkpoint import LAST_STEP_FILE, STATES_FILE, TrainedModel, load_part, load_trained
from .config import RunConfig
from .course import Course
from .dit_training import new_objective, noised
from .ema import Ema
from .every import Every
from .files import append_row, save_whole
from .machine import Machine, compute
from .objective import Objective
from .picture_bytes import to_floats
from .pool import Pool, draw_examples, emptied, fill_pool, pool_key
from .progress import progress
from .sampled_latents import latent_image, sampled_latents
from .tokenizer import load_tokenizer
from .vae_training import picture_loss

_DRAWN_AT_ONCE = 32
_PART = 16
"""Samples of one layout in an update; an update has several layouts."""
_HELD = 8
"""Samples at earlier steps in an update."""
_TOLD = 0.75
"""Share of those whose words are not left out."""
_ROW_EVERY = 20.0


def train_last_step(config: RunConfig, run: Path, resume: bool = False) -> None:
    """Trains for `lastStepTraining.minutes` and writes `last_step.pt`, whose denoiser and decoder take the place of the
    run's wherever it is sampled or exported. Needs `vae.pt` and `checkpoint.pt`; begins with `decoder.pt` where
    there is one. SIGTERM saves and ends.

    Settings: seed, minutes, batch (rounded to whole parts of 16), rate (AdamW's peak), muonFactor (Muon's rate as
    a multiple), warmup (steps), examples (led by the sampler to its last step before the training and kept in a
    file; none of those that the denoiser learned from), steps, guidance, rescale (of the sampler), untouched (share of
    parts, 0..1, that are the true latent in the last step's noise), held (weight of what the denoiser's predictions
    at the steps before have moved, squared), decoderFrom (share of the time, 0..1, from which on the decoder learns
    too), edgeWeight, detailWeight (as of `train-vae`), emaDecay, mixture (share of batches of each group of tasks).
    """
    settings = config.last_step_training
    torch.manual_seed(settings['seed'])
    machine = compute()
    trained = load_trained(run, last_step=False)
    vae, objective, tokenizer = _networks(config, trained, machine)
    before = copy.deepcopy(objective)
    modules = {'dit': objective.dit, 'decoder': vae.decoder, 'post_quant_conv': vae.post_quant_conv}
    objective.dit.train().requires_grad_(True)
    ema = Ema(modules, settings['emaDecay'])
    course = Course('last step', settings, modules.values(), ema)
    if resume and (run / LAST_STEP_FILE).exists():
        saved = load_part(run, LAST_STEP_FILE)
        for name, module in modules.items():
            module.load_state_dict(saved['live'][name])
        ema.load(saved['weights'], saved['step'])
        course.load(saved)
    made_by = [trained.facts, pool_key(config, trained.latent_scale)]
    states = _kept_states(before, config, trained, vae, tokenizer, machine, run / STATES_FILE, made_by)
    last, held = _steps(settings['steps'])
    draws = torch.Generator().manual_seed(settings['seed'] + course.step)
    picks = random.Random(settings['seed'] + course.step)

    def save() -> None:
        live = {name: module.state_dict() for name, module in modules.items()}
        save_whole({'weights': ema.copy(), 'live': live, **course.state()}, run / LAST_STEP_FILE)

    parts = max(1, round(settings['batch'] / _PART))
    losses: list[tuple[float, float]] = []
    rows = Every(_ROW_EVERY)
    for _ in course.updates(save):
        learns = course.clock.share >= settings['decoderFrom']
        for module in (vae.decoder, vae.post_quant_conv):
            module.requires_grad_(learns)
        l1 = 0.0
        for _ in range(parts):
            state = _part(picks.choice(states), _PART, draws, machine)
            noisy = state['x']
            if torch.rand((), generator=draws) < settings['untouched']:
                noise = machine.to(torch.randn(state['batch'].target.shape, generator=draws))
                noisy = _in_noise(objective, state['batch'].target, noise, last)
            with machine.autocast(), machine.attention():
                latent = last_prediction(objective, state['batch'], noisy, last)
                seen = vae.decode(latent / trained.latent_scale).float()
            cost, plain = picture_loss(seen, state['pictures'], settings)
            (cost / parts).backward()
            l1 += plain.item() / parts
        other = _part(picks.choice(states), _HELD, draws, machine)['batch']
        moved = _moved(objective, before, other, held, draws, machine)
        (settings['held'] * moved).backward()
        losses.append((l1, moved.item()))
        course.show(l1=f'{l1:.4f}', moved=f'{moved.item():.4f}')
        if rows.due:
            l1, moved = torch.tensor(losses).mean(0).tolist()
            append_row(run / 'last_step_losses.csv', {**course.place, 'l1': round(l1, 5), 'moved': round(moved, 5)})
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


def _part(state: dict, size: int, draws: torch.Generator, machine: Machine) -> dict:
    """Neighbours of a state's batch, on the device: `batch`, `x` (patches), `pictures` (−1..1)."""
    count = len(state['x'])
    start = int(torch.randint(max(1, count - size + 1), (1,), generator=draws))
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
    return {'batch': batch, 'x': floats['x'], 'pictures': machine.to(to_floats(state['pictures'][rows]))}


def _kept_states(
    objective: Objective,
    config: RunConfig,
    trained: TrainedModel,
    vae: Vae,
    tokenizer: object,
    machine: Machine,
    keep: Path,
    made_by: list,
) -> list[dict]:
    """Those of a file, if the same training and examples (`made_by`) gave them, else new ones."""
    settings = config.last_step_training
    key = [*made_by, *(settings[name] for name in ('seed', 'examples', 'steps', 'guidance', 'rescale', 'mixture'))]
    if keep.exists():
        kept = torch.load(keep, weights_only=True)
        if kept['key'] == key:
            return kept['states']
    unseen = draw_examples(config, settings['examples'], first=config.training['examples'])
    pool, pictures = fill_pool(config, unseen, vae, trained.latent_scale, tokenizer, machine)
    states = _states(objective, pool, pictures, config, machine)
    save_whole({'key': key, 'states': states}, keep)
    return states


def _states(objective: Objective, pool: Pool, pictures: Tensor, config: RunConfig, machine: Machine) -> list[dict]:
    """Batches before the sampler's last step: a batch's tensors, `x` (patches) and `pictures`, as small as they go."""
    settings, patch = config.last_step_training, config.dit['patch']
    mixture = settings['mixture']
    draws, kinds = torch.Generator().manual_seed(settings['seed']), random.Random(settings['seed'])
    states = []
    for _ in progress(range(math.ceil(settings['examples'] / _DRAWN_AT_ONCE)), 'denoiser'):
        kind = kinds.choices(list(mixture), list(mixture.values()))[0]
        batch, _, noise = noised(draw_batch(pool, kind, _DRAWN_AT_ONCE, 0.0, draws), machine, draws)
        x = sampled_latents(objective, batch, noise, config.grid, settings, machine, left=1)
        states.append(
            {
                **{name: getattr(batch, name).cpu().half() for name in ('target', 'conditions')},
                **{name: getattr(batch, name).cpu().short() for name in ('ids', 'lengths')},
                'masks': batch.masks.cpu().to(torch.uint8),
                'segment': batch.segment,
                'current': batch.current,
                'x': patchify(x, patch).cpu().half(),
                'pictures': pictures[batch.rows],
            }
        )
    return states
