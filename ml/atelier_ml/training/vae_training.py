"""Trains the autoencoder on drawn scenes: pixels, edges, and a latent that small errors do not upset.

No adversary: the world's pictures are flat, so L1 with an edge term gives sharp ones. Noise on the latent and a weak
pull of the latent to zero keep neighbouring latents alike, which is what the denoiser's small errors need.
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
from .course import Course
from .ema import Ema
from .every import Every
from .files import append_row, save_whole
from .image_pool import draw_image_pool
from .machine import Machine, compute
from .picture_bytes import to_floats
from .sheets import save_rows
from .warm_start import start_vae

_HELD_OUT = 512
_ROW_EVERY = 20.0


def train_vae(config: RunConfig, run: Path, resume: bool = False, start: Path | None = None) -> None:
    """Trains for `vaeTraining.minutes` and writes `vae.pt`; the run loses its `decoder.pt` and
    `last_step.pt`. SIGTERM saves and ends.

    Settings: seed, minutes, batch, rate (AdamW's peak), muonFactor (Muon's rate as a multiple), warmup (steps),
    pictures (how many are drawn ahead), edgeWeight, detailWeight (of errors at edges, where small things lie),
    latentNoise (standard deviation added to the latent), latentPenalty (times the latent's mean square), startRate
    (factor of the rates after a start from a folder), latentPull (times the squared distance to the latents of the
    folder's encoder).

    `start`: a model folder to begin with; a run that is resumed has begun, and does not read it. Its latent scale
    stays, and its encoder holds the new latents near the old ones, so that its denoiser goes on understanding them.
    Raises ReadFolderError when the folder's sizes are not the config's.
    """
    settings = config.vae_training
    torch.manual_seed(settings['seed'])
    machine = compute()
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
    course = Course('autoencoder', {**settings, 'rate': settings['rate'] * factor}, [vae], ema)
    if state is not None:
        ema.load({'vae': state['weights']}, state['step'])
        course.load(state)
    pool = training_pictures(config, 'train', settings['pictures'], machine)
    held_out = training_pictures(config, 'test', min(_HELD_OUT, settings['pictures']), machine)
    draws = torch.Generator().manual_seed(settings['seed'] + course.step)
    rows = Every(_ROW_EVERY)
    for _ in course.updates(lambda: _save(run, vae, ema, course, pool, held_out, machine, scale, teacher)):
        picks = torch.randint(len(pool), (settings['batch'],), generator=draws)
        loss, l1 = _loss(vae, old, machine, machine.to(to_floats(pool[picks])), settings)
        loss.backward()
        course.show(loss=f'{loss.item():.4f}', l1=f'{l1.item():.4f}')
        if rows.due:
            append_row(run / 'vae_losses.csv', {**course.place, 'loss': loss.item(), 'l1': l1.item()})


def detail_weights(pictures: Tensor, weight: float) -> Tensor:
    """`[B, 1, H, W]`, at least 1: what a pixel's error counts. Near edges it counts more, in every picture by the same
    sum: the fewer and smaller a picture's things are, the more each of their pixels counts."""
    edges = torch.zeros_like(pictures[:, :1])
    edges[..., :-1] += pictures.diff(dim=-1).abs().amax(1, keepdim=True)
    edges[..., :-1, :] += pictures.diff(dim=-2).abs().amax(1, keepdim=True)
    near = F.max_pool2d(edges.clamp(max=1), 5, stride=1, padding=2)
    return 1 + weight * near / near.mean(dim=(2, 3), keepdim=True).clamp(min=0.05)


def training_pictures(config: RunConfig, split: Split, count: int, machine: Machine) -> Tensor:
    """uint8 `[count, 3, side, side]`: scenes of the world, every third as one of the views of it, every tenth with
    a region erased (to −1, as pictures to repaint come in)."""
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
    """What decoded pictures `[B, 3, H, W]` cost, and their plain L1. Settings: edgeWeight, detailWeight."""
    error = (seen - pictures).abs()
    edges = F.l1_loss(seen.diff(dim=-1), pictures.diff(dim=-1)) + F.l1_loss(seen.diff(dim=-2), pictures.diff(dim=-2))
    loss = (error * detail_weights(pictures, settings['detailWeight'])).mean() + settings['edgeWeight'] * edges
    return loss, error.mean()


@torch.no_grad()
def encode_pool(vae: Vae, pool: Tensor, machine: Machine) -> Tensor:
    """Means of all pictures' latents, unscaled, float16 `[n, C, h, w]`."""
    parts = []
    for part in progress(list(chunks(len(pool), machine.rows(16, 256))), 'encoding'):
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
    course: Course,
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
        **course.state(),
        'start_scale': start_scale,
        'teacher': teacher,
        'latent_scale': scale,
        'latents': (latents * scale).half(),
        'pictures': sample,
        'psnr': quality,
    }
    save_whole(state, run / VAE_FILE)
    # They were of another encoder's latents.
    for later in (DECODER_FILE, LAST_STEP_FILE):
        (run / later).unlink(missing_ok=True)
    vae.load_state_dict(live)
    append_row(
        run / 'vae_quality.csv',
        {**course.place, 'psnr': round(quality, 3), 'scale': round(scale, 5)},
    )
