"""Fine-tunes the decoder on latents sampled by the denoiser.

A small denoiser's latents are slightly off, and a decoder trained on true latents only turns that into wavy outlines.
Here it is trained on the sampler's final latents, with the true images as targets, and learns to correct them. The
encoder and the denoiser are frozen, so latents keep their meaning.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import torch
from torch import Tensor

from ..model.config import VaeConfig
from ..model.vae import Vae
from ..progress import progress
from .batches import draw_batch
from .checkpoint import CHECKPOINT_FILE, DECODER_FILE, LAST_STEP_FILE, TOKENIZER_FILE, VAE_FILE, load_part
from .chunks import chunks
from .config import RunConfig
from .dit_training import prepare_batch
from .ema import Ema
from .files import append_row, save_whole
from .interval import Interval
from .machine import Machine, best_machine
from .networks import new_objective
from .objective import Objective
from .picture_bytes import to_floats
from .pool import Pool, draw_examples, fill_pool, pool_key
from .sampled_latents import latent_image, sampled_latents
from .tokenizer import load_tokenizer
from .trainer import Trainer
from .vae_training import picture_loss, psnr, training_pictures

_DRAWINGS_FILE = 'drawings.pt'
_HELD_OUT = 512
_DRAWN_AT_ONCE = 32
_ROW_EVERY = 20.0


def train_decoder(config: RunConfig, run: Path, resume: bool = False) -> None:
    """Trains for `decoderTraining.minutes` and writes `decoder.pt`, which replaces the decoder in `vae.pt` whenever the
    run is sampled or exported. Needs `vae.pt` and `checkpoint.pt`. SIGTERM saves and stops.

    Settings: seed, minutes, batch, rate (AdamW's peak), muonFactor (Muon's rate relative to it), warmup (steps),
    examples (about as many latents are sampled before the training and cached in a file; none of them are examples
    that the denoiser was trained on, whose latents would be too good), steps, guidance, rescale (of the sampler, see
    `sampled_latents`), untouched (fraction of samples, 0..1, that use the true latent), edgeWeight, detailWeight (as in
    `train-vae`). Task groups are mixed as in `training.mixture`.
    """
    settings = config.decoder_training
    torch.manual_seed(settings['seed'])
    machine = best_machine()
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
    pool, pictures, _ = fill_pool(config, unseen, vae, scale, tokenizer, machine)
    held_out = training_pictures(config, 'test', min(_HELD_OUT, settings['examples']), machine)

    modules = {'decoder': vae.decoder.requires_grad_(True), 'post_quant_conv': vae.post_quant_conv.requires_grad_(True)}
    ema = Ema(modules, 0.999)
    trainer = Trainer('decoder', settings, modules.values(), ema)
    if resume and (run / DECODER_FILE).exists():
        saved = load_part(run, DECODER_FILE)
        for name, module in modules.items():
            module.load_state_dict(saved['live'][name])
        ema.load(saved['weights'], saved['step'])
        trainer.load(saved)
    made_by = [trained['facts'], pool_key(config, scale)]
    drawn, rows_of_drawn = _load_or_make_drawings(objective, pool, config, machine, run / _DRAWINGS_FILE, made_by)
    generator = torch.Generator().manual_seed(settings['seed'] + trainer.step)

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
            **trainer.state(),
            'psnr': quality,
        }
        save_whole(state, run / DECODER_FILE)
        # It was fine-tuned from an earlier decoder.
        (run / LAST_STEP_FILE).unlink(missing_ok=True)

    losses: list[tuple[float, float]] = []
    rows = Interval(_ROW_EVERY)
    for _ in trainer.updates(save):
        picked = torch.randint(len(drawn), (settings['batch'],), generator=generator)
        true = torch.rand(len(picked), generator=generator) < settings['untouched']
        meant = latent_image(pool.latents[rows_of_drawn[picked]].float(), config.grid, config.dit['patch'])
        latents = torch.where(true[:, None, None, None], meant, drawn[picked].float())
        wanted = machine.to(to_floats(pictures[rows_of_drawn[picked]]))
        losses.append(_add_gradients(vae, machine.to(latents / scale), wanted, machine, settings))
        trainer.show(loss=f'{losses[-1][0]:.4f}', l1=f'{losses[-1][1]:.4f}')
        if rows.due:
            loss, l1 = torch.tensor(losses).mean(0).tolist()
            append_row(run / 'decoder_losses.csv', {**trainer.counters, 'loss': round(loss, 5), 'l1': round(l1, 5)})
            losses = []


def _load_or_make_drawings(
    objective: Objective, pool: Pool, config: RunConfig, machine: Machine, keep: Path, made_by: list
) -> tuple[Tensor, Tensor]:
    """Reads the latents from the file `keep` if the same weights and examples (`made_by`) gave them, else samples new
    ones."""
    settings = config.decoder_training
    key = [*made_by, *(settings[name] for name in ('seed', 'examples', 'steps', 'guidance', 'rescale'))]
    if keep.exists():
        kept = torch.load(keep, weights_only=True)
        if kept['key'] == key:
            return kept['drawn'], kept['rows']
    drawn, rows = _drawings(objective, pool, config, machine)
    save_whole({'key': key, 'drawn': drawn, 'rows': rows}, keep)
    return drawn, rows


@torch.no_grad()
def _drawings(objective: Objective, pool: Pool, config: RunConfig, machine: Machine) -> tuple[Tensor, Tensor]:
    """Final latents of the guided sampler, scaled, `[n, C, h, w]`, and the rows `[n]` of the true ones in the pool.

    n can be less than `examples`, because long sequences come in smaller batches."""
    settings, mixture = config.decoder_training, config.training['mixture']
    generator, kinds = torch.Generator().manual_seed(settings['seed']), random.Random(settings['seed'])
    drawn, rows = [], []
    for _ in progress(range(math.ceil(settings['examples'] / _DRAWN_AT_ONCE)), 'denoiser'):
        kind = kinds.choices(list(mixture), list(mixture.values()))[0]
        batch = draw_batch(pool, kind, _DRAWN_AT_ONCE, 0.0, generator)
        prepared, _, noise = prepare_batch(batch, machine, generator)
        latents, _ = sampled_latents(objective, prepared, noise, config.grid, settings, machine)
        drawn.append(latents.cpu().half())
        rows.append(batch.rows)
    return torch.cat(drawn), torch.cat(rows)


def _add_gradients(
    vae: Vae, latents: Tensor, pictures: Tensor, machine: Machine, settings: dict
) -> tuple[float, float]:
    """Accumulates the gradients of a batch's mean loss, in chunks where that is faster; returns loss and L1."""
    loss, l1 = 0.0, 0.0
    for rows in chunks(len(latents), machine.chunk_size(16, len(latents))):
        with machine.autocast():
            seen = vae.decode(latents[rows]).float()
        cost, plain = picture_loss(seen, pictures[rows], settings)
        share = len(seen) / len(latents)
        (cost * share).backward()
        loss += cost.item() * share
        l1 += plain.item() * share
    return loss, l1
