"""Trains the denoiser, on latents of the frozen autoencoder and texts of the frozen text encoder."""

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
from .batches import Batch, draw_batch
from .checkpoint import CHECKPOINT_FILE, LAST_STEP_FILE, TEXT_FILE, TOKENIZER_FILE, VAE_FILE, load_part
from .chunks import chunks
from .config import RunConfig
from .course import Course
from .ema import Ema
from .every import Every
from .files import append_row, save_whole
from .machine import Machine, compute
from .networks import new_objective
from .objective import QUESTIONS, Objective
from .pool import build_pool
from .sample_sheet import draw_sheet
from .token_reader import TokenReader, word_vectors
from .tokenizer import load_tokenizer
from .warm_start import start_denoiser

_TOKENS_AT_ONCE = 4096
"""Of a pass on a CPU. With compiled blocks 1,024 take 15 % more time in float32, and 15 to 30 % more in bfloat16; only
float32 blocks that are not compiled are faster with 1,024, whose activations stay in the caches (6 to 25 %)."""
_SHEET_EVERY = 1200.0
_ROW_EVERY = 20.0


def train(config: RunConfig, run: Path, resume: bool = False, start: Path | None = None) -> None:
    """Trains for `training.minutes` and keeps `checkpoint.pt` fresh; the run loses its `last_step.pt`. Needs
    `vae.pt` and `text_encoder.pt` in the run's folder.

    `start`: a model folder to begin with; a run that is resumed has begun, and does not read it. SIGTERM saves and
    ends. Raises ReadFolderError when the folder's sizes are not the config's, FileNotFoundError without those
    files.

    Settings: seed, minutes, batch, rate (AdamW's peak), muonFactor (Muon's rate as a multiple), warmup (steps),
    examples (how many the pool holds), texts (wordings of each), emaDecay, textDropout, weightDecay, mixture (share of
    batches of each group of tasks), tasks (weights of tasks within their groups, default 1), world (what training draws
    otherwise than the world, see `RunConfig.training_world`), compile (see `Machine.compile`; default false), questions
    (weight of the `TokenReader`'s losses; 0 asks nothing, for short pieces, in which its heads, new in each run, would
    disturb more than they teach; default 0.1).
    """
    settings = config.training
    torch.manual_seed(settings['seed'])
    machine = compute()
    state, texts = load_part(run, VAE_FILE), load_part(run, TEXT_FILE)
    vae = Vae(VaeConfig.from_dict(config.vae))
    vae.load_state_dict(state['weights'])
    machine.place(vae.eval().requires_grad_(False))
    tokenizer = load_tokenizer(run / TOKENIZER_FILE)
    objective = machine.place(new_objective(config, tokenizer))
    objective.text_encoder.load_state_dict(texts['weights'])
    objective.text_encoder.eval().requires_grad_(False)
    vectors = word_vectors(objective.text_encoder, tokenizer, config.world.kinds)
    objective.reader = machine.place(TokenReader(config.dit['width'], *vectors))
    objective.questions = settings.get('questions', QUESTIONS)
    modules = {'dit': objective.dit, 'text_encoder': objective.text_encoder, 'reader': objective.reader}
    resume = resume and (run / CHECKPOINT_FILE).exists()
    if start is not None and not resume:
        start_denoiser(start, objective.dit)
        objective.dit.train()
    pool = build_pool(config, vae, state['latent_scale'], tokenizer, machine, run / 'pool.pt')
    if settings.get('compile'):
        machine.compile(objective.dit.blocks)
    ema = Ema(modules, settings['emaDecay'])
    course = Course(config.name, settings, [objective.dit, objective.reader], ema, settings['weightDecay'])
    if resume:
        saved = load_part(run, CHECKPOINT_FILE)
        for name, module in modules.items():
            module.load_state_dict(saved['live'][name])
        ema.load(saved['ema'], saved['step'])
        course.load(saved)
    # A resumed piece draws other batches than the first, but the same ones each time.
    draws = torch.Generator().manual_seed(settings['seed'] + course.step)
    kinds = random.Random(settings['seed'] + course.step)
    # A column for every group: a run may go on with another mixture.
    sums: dict[str, list[float]] = {kind: [] for kind in GROUPS}
    rows, sheets = Every(_ROW_EVERY), Every(_SHEET_EVERY)
    for _ in course.updates(lambda: _save(run, config, modules, ema, course)):
        kind = kinds.choices(list(settings['mixture']), list(settings['mixture'].values()))[0]
        batch = draw_batch(pool, kind, settings['batch'], settings['textDropout'], draws)
        loss = add_gradients(objective, *noised(batch, machine, draws), machine)
        course.show(loss=f'{loss:.4f}')
        sums[kind].append(loss)
        if rows.due:
            means = {kind: round(fmean(values), 5) if values else None for kind, values in sums.items()}
            append_row(run / 'losses.csv', {**course.place, **means})
            sums = {kind: [] for kind in sums}
        if sheets.due:
            draw_sheet(run, run / 'sheets' / f'step_{course.step:06d}.png')


def noised(batch: Batch, machine: Machine, draws: torch.Generator) -> tuple[Batch, Tensor, Tensor]:
    """The batch on the device, with a time step for each sample, and noise.

    Steps are spread evenly, 30 % of them over the whole schedule, the rest over 80..750: above, few steps teach what
    the words mean; below, outlines are drawn, and a third of a picture's error comes from under 200.
    """
    size = len(batch.target)
    spread = (torch.arange(size) + torch.rand(size, generator=draws)) * (1000 / size)
    spread = torch.where(spread < 300, spread / 0.3, 80 + (spread - 300) * (670 / 700))
    noise = torch.randn(batch.target.shape, generator=draws)
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
    """Adds the gradients of a batch's mean loss, part by part where that is faster; returns the loss."""
    size = len(batch.target)
    total = 0.0
    cached = _TOKENS_AT_ONCE // batch.masks[0, ..., 0].numel()
    for rows in chunks(size, machine.rows(max(1, cached), size)):
        with machine.autocast(), machine.attention():
            loss, _ = objective(batch.part(rows), timestep[rows], noise[rows])
        share = len(timestep[rows]) / size
        (loss * share).backward()
        total += loss.item() * share
    return total


def _save(run: Path, config: RunConfig, modules: dict, ema: Ema, course: Course) -> None:
    clock = course.clock
    state = {
        'config': config.raw,
        'live': {name: module.state_dict() for name, module in modules.items()},
        'ema': ema.copy(),
        **course.state(),
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
    # It went on from another denoiser.
    (run / LAST_STEP_FILE).unlink(missing_ok=True)
