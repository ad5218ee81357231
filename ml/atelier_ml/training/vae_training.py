"""Trains the autoencoder on drawn scenes: pixels, edges, and a latent that small errors do not upset.

No adversary: the world's pictures are flat, so L1 with an edge term gives sharp ones. Noise on the latent and a weak
pull of the latent to zero keep neighbouring latents alike, which is what the denoiser's small errors need.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..model.config import VaeConfig
from ..model.vae import Vae
from ..world.sampling import random_scene
from ..world.seeds import scene_random
from .checkpoint import VAE_FILE
from .clock import Clock
from .config import RunConfig
from .ema import Ema
from .files import append_row, save_whole
from .machine import Machine, compute
from .optimiser import Optimisers
from .picture_pool import chunks, draw_pool, to_floats
from .progress import progress
from .sheets import save_rows

_HELD_OUT = 512


def train_vae(config: RunConfig, run: Path, resume: bool = False) -> None:
    """Trains for `vaeTraining.minutes` and writes `vae.pt`.

    Settings: seed, minutes, batch, rate (AdamW's peak), muonFactor (Muon's rate as a multiple), warmup (steps),
    pictures (how many are drawn ahead), edgeWeight, latentNoise (standard deviation added to the latent),
    latentPenalty (times the latent's mean square).
    """
    settings = config.vae_training
    torch.manual_seed(settings['seed'])
    machine = compute()
    vae = machine.place(Vae(VaeConfig.from_dict(config.vae)))
    ema = Ema({'vae': vae}, 0.999)
    optimiser = Optimisers([vae], settings['rate'], settings['muonFactor'], 0.0)
    clock = Clock(settings['minutes'] * 60)
    if resume and (run / VAE_FILE).exists():
        state = torch.load(run / VAE_FILE, map_location='cpu', weights_only=True)
        vae.load_state_dict(state['live'])
        ema.load({'vae': state['weights']}, state['step'])
        optimiser.load(state['optimiser'])
        clock.spent = state['seconds']
        clock.step = state['step']
    scenes = [random_scene(scene_random('train', index), config.world) for index in range(settings['pictures'])]
    pool = draw_pool(scenes, config.side)
    tests = [random_scene(scene_random('test', index), config.world) for index in range(_HELD_OUT)]
    held_out = draw_pool(tests, config.side)
    draws = torch.Generator().manual_seed(settings['seed'] + clock.step)
    bar = progress(None, 'autoencoder', total=100)
    clock.start()
    saved = shown = time.monotonic()
    while not clock.over:
        picks = torch.randint(len(pool), (settings['batch'],), generator=draws)
        loss, l1 = _loss(vae, machine, machine.to(to_floats(pool[picks])), settings)
        loss.backward()
        optimiser.step(clock.rate(settings['warmup']))
        ema.update()
        clock.step += 1
        bar.n = round(100 * clock.share, 1)
        bar.set_postfix(step=clock.step, loss=f'{loss.item():.4f}', l1=f'{l1.item():.4f}', refresh=False)
        bar.update(0)
        if time.monotonic() - shown > 20:
            row = {'step': clock.step, 'seconds': round(clock.now), 'loss': loss.item(), 'l1': l1.item()}
            append_row(run / 'vae_losses.csv', row)
            shown = time.monotonic()
        if time.monotonic() - saved > 150:
            _save(run, vae, ema, optimiser, clock, pool, held_out, machine)
            saved = time.monotonic()
    _save(run, vae, ema, optimiser, clock, pool, held_out, machine)


def _loss(vae: Vae, machine: Machine, pictures: Tensor, settings: dict) -> tuple[Tensor, Tensor]:
    with machine.autocast():
        latent = vae.encode(pictures)
        noisy = latent + settings['latentNoise'] * torch.randn_like(latent)
        seen = vae.decode(noisy).float()
    l1 = F.l1_loss(seen, pictures)
    edges = F.l1_loss(seen.diff(dim=-1), pictures.diff(dim=-1)) + F.l1_loss(seen.diff(dim=-2), pictures.diff(dim=-2))
    loss = l1 + settings['edgeWeight'] * edges + settings['latentPenalty'] * latent.float().square().mean()
    return loss, l1


@torch.no_grad()
def encode_pool(vae: Vae, pool: Tensor, machine: Machine) -> Tensor:
    """Means of all pictures' latents, unscaled, float16 `[n, C, h, w]`."""
    parts = []
    for part in progress(list(chunks(len(pool), 256)), 'encoding'):
        with machine.autocast():
            parts.append(vae.encode(machine.to(to_floats(pool[part]))).float().cpu().half())
    return torch.cat(parts)


@torch.no_grad()
def psnr(vae: Vae, pool: Tensor, machine: Machine) -> float:
    """Peak signal-to-noise ratio in dB over the pictures, through encode and decode, clamped as the pipeline does."""
    squares = []
    for part in chunks(len(pool), 128):
        pictures = machine.to(to_floats(pool[part]))
        with machine.autocast():
            seen = vae.decode(vae.encode(pictures)).float().clamp(-1, 1)
        squares.append((seen - pictures).square().mean(dim=(1, 2, 3)) / 4)
    return (-10 / math.log(10) * torch.cat(squares).clamp(min=1e-10).log()).mean().item()


def _save(
    run: Path,
    vae: Vae,
    ema: Ema,
    optimiser: Optimisers,
    clock: Clock,
    pool: Tensor,
    held_out: Tensor,
    machine: Machine,
) -> None:
    live = {name: value.clone() for name, value in vae.state_dict().items()}
    vae.load_state_dict(ema.weights['vae'])
    sample = pool[:1024].clone()
    latents = encode_pool(vae, sample, machine).float()
    scale = 1.0 / latents.std().item()
    quality = psnr(vae, held_out, machine)
    with torch.no_grad(), machine.autocast():
        shown = machine.to(to_floats(held_out[:16]))
        save_rows(run / 'sheets' / 'vae.png', [shown, vae.decode(vae.encode(shown)).float()])
    state = {
        'weights': ema.copy()['vae'],
        'live': live,
        'optimiser': optimiser.state(),
        'step': clock.step,
        'seconds': clock.now,
        'latent_scale': scale,
        'latents': (latents * scale).half(),
        'pictures': sample,
        'psnr': quality,
    }
    save_whole(state, run / VAE_FILE)
    vae.load_state_dict(live)
    append_row(
        run / 'vae_quality.csv',
        {'step': clock.step, 'seconds': round(clock.now), 'psnr': round(quality, 3), 'scale': round(scale, 5)},
    )
