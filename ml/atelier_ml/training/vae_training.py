"""Trains the autoencoder on drawn scenes, with pixel and edge losses and a latent that is robust to small errors.

There is no adversarial loss: the world's images are flat, so L1 plus an edge term gives sharp results. Noise on the
latent and a weak penalty on its size make nearby latents decode alike, so that the denoiser's small errors stay small.
"""

from __future__ import annotations

import copy
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..model.config import VaeConfig
from ..model.vae import Vae
from ..progress import progress
from ..world.region_sampling import random_outside, random_region
from ..world.sampling import random_scene
from ..world.seeds import Split, scene_random
from ..world.unit import UnitImage
from ..world.view import VIEWS, View
from .checkpoint import DECODER_FILE, LAST_STEP_FILE, VAE_FILE
from .chunks import chunks
from .config import RunConfig
from .ema import Ema
from .files import append_row, save_whole
from .image_pool import draw_image_pool
from .interval import Interval
from .machine import Machine, best_machine
from .picture_bytes import to_floats
from .sheets import save_rows
from .trainer import Trainer
from .warm_start import start_vae

_HELD_OUT = 512
_ROW_EVERY = 20.0


def train_vae(config: RunConfig, run: Path, resume: bool = False, start: Path | None = None) -> None:
    """Trains for `vaeTraining.minutes`, writes `vae.pt`, and deletes the run's `decoder.pt` and `last_step.pt`.

    SIGTERM saves and stops.
    Settings: seed, minutes, batch, rate (AdamW's peak), muonFactor (Muon's rate relative to it), warmup (steps),
    pictures (number drawn in advance), edgeWeight, detailWeight (of errors near edges, where small things are),
    latentNoise (standard deviation of noise added to the latent), latentPenalty (weight of the latent's mean square),
    startRate (factor of the rates when starting from a folder), latentPull (weight of the squared distance to the
    latents of the folder's encoder).

    `start`: model folder to start from; ignored when a run is resumed. The latent scale is kept, and the new latents
    are pulled towards those of the folder's encoder, so that its denoiser still understands them. Raises
    ReadFolderError if the folder's sizes differ from the config's.
    """
    settings = config.vae_training
    torch.manual_seed(settings['seed'])
    machine = best_machine()
    vae = machine.place(Vae(VaeConfig.from_dict(config.vae)))
    state, scale, teacher = None, None, None
    if resume and (run / VAE_FILE).exists():
        state = torch.load(run / VAE_FILE, map_location='cpu', weights_only=True)
        vae.load_state_dict(state['live'])
        scale, teacher = state['start_scale'], state['teacher']
    elif start is not None:
        scale = start_vae(start, vae)
        teacher = copy.deepcopy(vae.state_dict())
    old = _teacher(config, teacher, machine)
    ema = Ema({'vae': vae}, 0.999)
    factor = 1.0 if old is None else settings['startRate']
    trainer = Trainer('autoencoder', {**settings, 'rate': settings['rate'] * factor}, [vae], ema)
    if state is not None:
        ema.load({'vae': state['weights']}, state['step'])
        trainer.load(state)
    pool = training_pictures(config, 'train', settings['pictures'], machine)
    held_out = training_pictures(config, 'test', min(_HELD_OUT, settings['pictures']), machine)
    generator = torch.Generator().manual_seed(settings['seed'] + trainer.step)
    rows = Interval(_ROW_EVERY)
    for _ in trainer.updates(lambda: _save(run, vae, ema, trainer, pool, held_out, machine, scale, teacher)):
        picks = torch.randint(len(pool), (settings['batch'],), generator=generator)
        loss, l1 = _loss(vae, old, machine, machine.to(to_floats(pool[picks])), settings)
        loss.backward()
        trainer.show(loss=f'{loss.item():.4f}', l1=f'{l1.item():.4f}')
        if rows.due:
            append_row(run / 'vae_losses.csv', {**trainer.counters, 'loss': loss.item(), 'l1': l1.item()})


def detail_weights(pictures: Tensor, weight: float) -> Tensor:
    """Weights of the pixels' errors, `[B, 1, H, W]`, at least 1. Pixels near edges weigh more; the total is the same
    for every image, so the fewer and smaller its things, the more each of their pixels counts."""
    edges = torch.zeros_like(pictures[:, :1])
    edges[..., :-1] += pictures.diff(dim=-1).abs().amax(1, keepdim=True)
    edges[..., :-1, :] += pictures.diff(dim=-2).abs().amax(1, keepdim=True)
    near = F.max_pool2d(edges.clamp(max=1), 5, stride=1, padding=2)
    return 1 + weight * near / near.mean(dim=(2, 3), keepdim=True).clamp(min=0.05)


def training_pictures(config: RunConfig, split: Split, count: int, machine: Machine) -> Tensor:
    """uint8 `[count, 3, side, side]`: scenes of the world, every third as one of the other views, every tenth with a
    region erased (−1, like the input of repainting)."""
    images = []
    for index in range(count):
        rng = scene_random(split, index)
        view = View(random_scene(rng, config.world), rng.choice(VIEWS[1:]) if index % 3 == 2 else VIEWS[0])
        region = rng.choice((random_region, random_outside))(rng) if index % 10 == 9 else None
        images.append(UnitImage(view, region, 'erase'))
    return draw_image_pool(images, config.side, machine)


def _teacher(config: RunConfig, weights: dict[str, Tensor] | None, machine: Machine) -> Vae | None:
    if weights is None:
        return None
    teacher = Vae(VaeConfig.from_dict(config.vae))
    teacher.load_state_dict(weights)
    return machine.place(teacher.eval().requires_grad_(False))


def _loss(vae: Vae, old: Vae | None, machine: Machine, pictures: Tensor, settings: dict) -> tuple[Tensor, Tensor]:
    with machine.autocast():
        latent = vae.encode(pictures)
        noisy = latent + settings['latentNoise'] * torch.randn_like(latent)
        seen = vae.decode(noisy).float()
        pull = F.mse_loss(latent.float(), old.encode(pictures).float()) if old is not None else 0.0
    loss, l1 = picture_loss(seen, pictures, settings)
    loss = loss + settings['latentPenalty'] * latent.float().square().mean() + settings['latentPull'] * pull
    return loss, l1


def picture_loss(seen: Tensor, pictures: Tensor, settings: dict) -> tuple[Tensor, Tensor]:
    """The loss of decoded images `[B, 3, H, W]`, and their plain L1. Settings: edgeWeight, detailWeight."""
    error = (seen - pictures).abs()
    edges = F.l1_loss(seen.diff(dim=-1), pictures.diff(dim=-1)) + F.l1_loss(seen.diff(dim=-2), pictures.diff(dim=-2))
    loss = (error * detail_weights(pictures, settings['detailWeight'])).mean() + settings['edgeWeight'] * edges
    return loss, error.mean()


@torch.no_grad()
def encode_pool(vae: Vae, pool: Tensor, machine: Machine) -> Tensor:
    """Latent means of all images, unscaled, float16 `[n, C, h, w]`."""
    parts = []
    for part in progress(list(chunks(len(pool), machine.chunk_size(16, 256))), 'encoding'):
        with machine.autocast():
            parts.append(vae.encode(machine.to(to_floats(pool[part]))).float().cpu().half())
    return torch.cat(parts)


@torch.no_grad()
def psnr(vae: Vae, pool: Tensor, machine: Machine) -> float:
    """Mean peak signal-to-noise ratio in dB of reconstructed images, clamped as in the pipeline."""
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
    trainer: Trainer,
    pool: Tensor,
    held_out: Tensor,
    machine: Machine,
    scale: float | None,
    teacher: dict[str, Tensor] | None,
) -> None:
    live = {name: value.clone() for name, value in vae.state_dict().items()}
    vae.load_state_dict(ema.weights['vae'])
    sample = pool[:1024].clone()
    latents = encode_pool(vae, sample, machine).float()
    start_scale, scale = scale, scale or 1.0 / latents.std().item()
    quality = psnr(vae, held_out, machine)
    with torch.no_grad(), machine.autocast():
        shown = machine.to(to_floats(held_out[:16]))
        save_rows(run / 'sheets' / 'vae.png', [shown, vae.decode(vae.encode(shown)).float()])
    state = {
        'weights': ema.copy()['vae'],
        'live': live,
        **trainer.state(),
        'start_scale': start_scale,
        'teacher': teacher,
        'latent_scale': scale,
        'latents': (latents * scale).half(),
        'pictures': sample,
        'psnr': quality,
    }
    save_whole(state, run / VAE_FILE)
    # They were trained on latents of an earlier encoder.
    for later in (DECODER_FILE, LAST_STEP_FILE):
        (run / later).unlink(missing_ok=True)
    vae.load_state_dict(live)
    append_row(
        run / 'vae_quality.csv',
        {**trainer.counters, 'psnr': round(quality, 3), 'scale': round(scale, 5)},
    )
