"""Trains the denoiser on latents of the frozen autoencoder and outputs of the frozen text encoder."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from ..model.config import VaeConfig
from ..model.vae import Vae
from ..world.tasks import GROUPS
from .auxiliary_heads import AuxiliaryHeads, word_vectors
from .batches import Batch, draw_batch
from .checkpoint import CHECKPOINT_FILE, LAST_STEP_FILE, TEXT_FILE, TOKENIZER_FILE, VAE_FILE, load_part
from .chunks import chunks
from .config import RunConfig
from .ema import Ema
from .files import append_row, save_whole
from .interval import Interval
from .machine import Machine, best_machine
from .networks import new_objective
from .objective import AUXILIARY_WEIGHT, Objective
from .pool import build_pool
from .sample_sheet import draw_sheet
from .tokenizer import load_tokenizer
from .trainer import Trainer
from .warm_start import start_denoiser

_TOKENS_AT_ONCE = 4096
"""Tokens per pass on a CPU. With compiled blocks, 1,024 are 15 % slower in float32 and 15 to 30 % slower in bfloat16;
only uncompiled float32 blocks are faster with 1,024 (6 to 25 %), because the activations then stay in the caches."""
_SHEET_EVERY = 1200.0
_ROW_EVERY = 20.0


def train(config: RunConfig, run: Path, resume: bool = False, start: Path | None = None) -> None:
    """Trains for `training.minutes`, saving `checkpoint.pt` at intervals, and deletes the run's `last_step.pt`.

    Needs `vae.pt` and `text_encoder.pt` in the run's folder. SIGTERM saves and stops.
    `start`: model folder to start from; ignored when a run is resumed. Raises ReadFolderError if its sizes differ from
    the config's, FileNotFoundError if one of those files is missing.

    Settings: seed, minutes, batch, rate (AdamW's peak), muonFactor (Muon's rate relative to it), warmup (steps),
    examples (size of the pool), texts (wordings per example), emaDecay, textDropout, weightDecay, mixture (share of
    batches per task group), tasks (weights of tasks within their group, default 1), world (overrides of the world's
    rules, see `RunConfig.training_world`), compile (see `Machine.compile`; default false), auxiliaryWeight (weight of
    the `AuxiliaryHeads` losses, default 0.1; set it to 0 in short runs, where the heads, which every run starts from
    scratch, disturb more than they teach; `questions` in older configs).
    """
    settings = config.training
    torch.manual_seed(settings['seed'])
    machine = best_machine()
    state, texts = load_part(run, VAE_FILE), load_part(run, TEXT_FILE)
    vae = Vae(VaeConfig.from_dict(config.vae))
    vae.load_state_dict(state['weights'])
    machine.place(vae.eval().requires_grad_(False))
    tokenizer = load_tokenizer(run / TOKENIZER_FILE)
    objective = machine.place(new_objective(config, tokenizer))
    objective.text_encoder.load_state_dict(texts['weights'])
    objective.text_encoder.eval().requires_grad_(False)
    vectors = word_vectors(objective.text_encoder, tokenizer, config.world.kinds)
    objective.heads = machine.place(AuxiliaryHeads(config.dit['width'], *vectors))
    objective.auxiliary_weight = settings.get('auxiliaryWeight', settings.get('questions', AUXILIARY_WEIGHT))
    modules = {'dit': objective.dit, 'text_encoder': objective.text_encoder, 'auxiliary_heads': objective.heads}
    resume = resume and (run / CHECKPOINT_FILE).exists()
    if start is not None and not resume:
        start_denoiser(start, objective.dit)
        objective.dit.train()
    pool = build_pool(config, vae, state['latent_scale'], tokenizer, machine, run / 'pool.pt')
    if settings.get('compile'):
        machine.compile(objective.dit.blocks)
    ema = Ema(modules, settings['emaDecay'])
    trainer = Trainer(config.name, settings, [objective.dit, objective.heads], ema, settings['weightDecay'])
    if resume:
        saved = load_part(run, CHECKPOINT_FILE)
        for name, module in modules.items():
            module.load_state_dict(saved['live'][name])
        ema.load(saved['ema'], saved['step'])
        trainer.load(saved)
    # A resumed run draws different batches from its first part, but the same ones each time it is resumed there.
    generator = torch.Generator().manual_seed(settings['seed'] + trainer.step)
    kinds = random.Random(settings['seed'] + trainer.step)
    # A column for every group: a run may be resumed with a different mixture.
    sums: dict[str, list[float]] = {kind: [] for kind in GROUPS}
    rows, sheets = Interval(_ROW_EVERY), Interval(_SHEET_EVERY)
    for _ in trainer.updates(lambda: _save(run, config, modules, ema, trainer)):
        kind = kinds.choices(list(settings['mixture']), list(settings['mixture'].values()))[0]
        batch = draw_batch(pool, kind, settings['batch'], settings['textDropout'], generator)
        loss = add_gradients(objective, *prepare_batch(batch, machine, generator), machine)
        trainer.show(loss=f'{loss:.4f}')
        sums[kind].append(loss)
        if rows.due:
            means = {kind: round(fmean(values), 5) if values else None for kind, values in sums.items()}
            append_row(run / 'losses.csv', {**trainer.counters, **means})
            sums = {kind: [] for kind in sums}
        if sheets.due:
            draw_sheet(run, run / 'sheets' / f'step_{trainer.step:06d}.png')


def prepare_batch(batch: Batch, machine: Machine, generator: torch.Generator) -> tuple[Batch, Tensor, Tensor]:
    """Moves a batch to the device and samples a time step and noise for each of its samples.

    Time steps are stratified: 30 % over the whole schedule, the rest over 80..750. Few steps above that range are
    needed to learn what the words mean; outlines are decided below it, and a third of an image's error comes from
    steps under 200.
    """
    size = len(batch.target)
    spread = (torch.arange(size) + torch.rand(size, generator=generator)) * (1000 / size)
    spread = torch.where(spread < 300, spread / 0.3, 80 + (spread - 300) * (670 / 700))
    noise = torch.randn(batch.target.shape, generator=generator)
    on_device = replace(
        batch,
        target=machine.to(batch.target),
        conditions=machine.to(batch.conditions).contiguous(),
        ids=machine.to(batch.ids),
        lengths=machine.to(batch.lengths),
        masks=machine.to(batch.masks),
        labels=machine.to(batch.labels).contiguous(),
    )
    return on_device, machine.to(spread.long().clamp(max=999)), machine.to(noise)


def add_gradients(objective: Objective, batch: Batch, timestep: Tensor, noise: Tensor, machine: Machine) -> float:
    """Accumulates the gradients of a batch's mean loss, in chunks where that is faster; returns the loss."""
    size = len(batch.target)
    total = 0.0
    cached = _TOKENS_AT_ONCE // batch.masks[0, ..., 0].numel()
    for rows in chunks(size, machine.chunk_size(max(1, cached), size)):
        with machine.autocast(), machine.attention():
            loss, _ = objective(batch.part(rows), timestep[rows], noise[rows])
        share = len(timestep[rows]) / size
        (loss * share).backward()
        total += loss.item() * share
    return total


def _save(run: Path, config: RunConfig, modules: dict, ema: Ema, trainer: Trainer) -> None:
    clock = trainer.clock
    state = {
        'config': config.raw,
        'live': {name: module.state_dict() for name, module in modules.items()},
        'ema': ema.copy(),
        **trainer.state(),
        'facts': {
            'config': config.name,
            'seed': config.training['seed'],
            'steps': clock.step,
            'minutes': round(clock.spent / 60, 1),
            'samples': clock.step * config.training['batch'],
            'device': 'cuda' if torch.cuda.is_available() else f'cpu, {len(os.sched_getaffinity(0))} cores',
        },
    }
    save_whole(state, run / CHECKPOINT_FILE)
    # It was fine-tuned from an earlier denoiser.
    (run / LAST_STEP_FILE).unlink(missing_ok=True)
