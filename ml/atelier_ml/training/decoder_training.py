"""Trains the decoder to draw what the denoiser meant.

A small denoiser's latents are a little off, and a decoder that only ever saw true latents draws that as wavy outlines.
Here it sees the denoiser's own latents beside the true pictures, and learns to straighten them. The encoder and the
denoiser stay as they are, so latents keep their meaning.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
from torch import Tensor

from ..model.config import VaeConfig
from ..model.patches import channels_first, channels_last, unpatchify
from ..model.vae import Vae
from .batches import Batch, draw_batch
from .checkpoint import CHECKPOINT_FILE, DECODER_FILE, TOKENIZER_FILE, VAE_FILE, load_part
from .chunks import chunks
from .config import RunConfig
from .course import Course
from .dit_training import new_objective, noised
from .ema import Ema
from .every import Every
from .files import append_row, save_whole
from .machine import Machine, compute
from .objective import Objective
from .picture_bytes import to_floats
from .pool import draw_examples, fill_pool
from .tokenizer import load_tokenizer
from .vae_training import picture_loss, psnr, training_pictures

_HELD_OUT = 512
_ROW_EVERY = 20.0


def train_decoder(config: RunConfig, run: Path, resume: bool = False) -> None:
    """Trains for `decoderTraining.minutes` and writes `decoder.pt`, which `vae.pt`'s decoder is replaced by wherever a
    run is sampled or exported. Needs `vae.pt` and `checkpoint.pt`. SIGTERM saves and ends.

    Settings: seed, minutes, batch, rate (AdamW's peak), muonFactor (Muon's rate as a multiple), warmup (steps),
    examples (how many are drawn; none of those that the denoiser learned from, whose latents are too good), noisiest
    (the largest time step, 0..999, that a true latent is noised to before the denoiser draws on; from more noise it may
    rightly draw another picture than the true one), steps (in which it draws), untouched (share of samples, 0..1, that
    keep the true latent), edgeWeight, detailWeight (as of `train-vae`). Groups of tasks come as in `training.mixture`.
    """
    settings = config.decoder_training
    torch.manual_seed(settings['seed'])
    machine = compute()
    state, trained = load_part(run, VAE_FILE), load_part(run, CHECKPOINT_FILE)
    tokenizer = load_tokenizer(run / TOKENIZER_FILE)
    vae = Vae(VaeConfig.from_dict(config.vae))
    vae.load_state_dict(state['weights'])
    machine.place(vae.requires_grad_(False))
    scale = state['latent_scale']
    objective = machine.place(new_objective(config, tokenizer).eval().requires_grad_(False))
    objective.dit.load_state_dict(trained['ema']['dit'])
    objective.text_encoder.load_state_dict(trained['ema']['text_encoder'])
    unseen = draw_examples(config, settings['examples'], first=config.training['examples'])
    pool, pictures = fill_pool(config, unseen, vae, scale, tokenizer, machine)
    held_out = training_pictures(config, 'test', min(_HELD_OUT, settings['examples']), machine)

    modules = {'decoder': vae.decoder.requires_grad_(True), 'post_quant_conv': vae.post_quant_conv.requires_grad_(True)}
    ema = Ema(modules, 0.999)
    course = Course('decoder', settings, modules.values(), ema)
    if resume and (run / DECODER_FILE).exists():
        saved = load_part(run, DECODER_FILE)
        for name, module in modules.items():
            module.load_state_dict(saved['live'][name])
        ema.load(saved['weights'], saved['step'])
        course.load(saved)
    draws = torch.Generator().manual_seed(settings['seed'] + course.step)
    kinds = random.Random(settings['seed'] + course.step)
    mixture = config.training['mixture']

    def save() -> None:
        live = {
            name: {key: value.clone() for key, value in part.state_dict().items()} for name, part in modules.items()
        }
        for name, module in modules.items():
            module.load_state_dict(ema.weights[name])
        quality = psnr(vae, held_out, machine)
        for name, module in modules.items():
            module.load_state_dict(live[name])
        state = {
            'weights': ema.copy(),
            'live': live,
            **course.state(),
            'psnr': quality,
        }
        save_whole(state, run / DECODER_FILE)

    losses: list[tuple[float, float]] = []
    rows = Every(_ROW_EVERY)
    for _ in course.updates(save):
        kind = kinds.choices(list(mixture), list(mixture.values()))[0]
        batch = draw_batch(pool, kind, settings['batch'], 0.0, draws)
        wanted = machine.to(to_floats(pictures[batch.rows]))
        latents = _drawn_latents(objective, batch, machine, draws, settings) / scale
        losses.append(_add_gradients(vae, latents, wanted, machine, settings))
        course.show(loss=f'{losses[-1][0]:.4f}', l1=f'{losses[-1][1]:.4f}')
        if rows.due:
            loss, l1 = torch.tensor(losses).mean(0).tolist()
            append_row(run / 'decoder_losses.csv', {**course.place, 'loss': round(loss, 5), 'l1': round(l1, 5)})
            losses = []


@torch.no_grad()
def _drawn_latents(
    objective: Objective, batch: Batch, machine: Machine, draws: torch.Generator, settings: dict
) -> Tensor:
    """Scaled latents `[B, C, h, w]` of the batch's targets, as the denoiser draws them from a noised true latent by
    deterministic DDIM; some are the true ones."""
    batch, _, noise = noised(batch, machine, draws)
    size, steps = len(batch.target), settings['steps']
    begin = torch.rand(size, generator=draws) * settings['noisiest']
    keep = machine.to((torch.rand(size, generator=draws) < settings['untouched'])[:, None, None])
    patch, grid = objective.dit.config.patch, round(batch.target.shape[1] ** 0.5)
    with machine.autocast(), machine.attention():
        text = objective.condition(batch)
        latent, drift = batch.target, noise
        for step in range(steps):
            time_step = machine.to((begin * (1 - step / steps)).long())
            alpha, sigma = objective.alphas[time_step][:, None, None], objective.sigmas[time_step][:, None, None]
            noisy = alpha * latent + sigma * drift
            v = objective.denoise(noisy, batch.conditions, batch.masks, time_step.float(), *text)
            v = channels_first(v.float(), patch)
            latent, drift = alpha * noisy - sigma * v, sigma * noisy + alpha * v
    drawn = channels_last(torch.where(keep, batch.target, latent).float(), patch)
    return machine.to(unpatchify(drawn, grid, grid, patch))


def _add_gradients(
    vae: Vae, latents: Tensor, pictures: Tensor, machine: Machine, settings: dict
) -> tuple[float, float]:
    """Adds the gradients of a batch's mean loss, part by part where that is faster; returns loss and L1."""
    loss, l1 = 0.0, 0.0
    for rows in chunks(len(latents), machine.rows(16, len(latents))):
        with machine.autocast():
            seen = vae.decode(latents[rows]).float()
        cost, plain = picture_loss(seen, pictures[rows], settings)
        share = len(seen) / len(latents)
        (cost * share).backward()
        loss += cost.item() * share
        l1 += plain.item() * share
    return loss, l1
