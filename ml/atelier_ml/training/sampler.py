"""Samples from a trained run in PyTorch, the way the TypeScript pipeline does: trailing DDIM, guidance, rescale."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..model.config import VaeConfig
from ..model.ddim import ddim_sample
from ..model.patches import patchify
from ..model.scheduler import NoiseSchedule, SamplingSteps
from ..model.vae import Vae
from ..world.draw_images import draw_images, draw_marks
from ..world.example import Example
from ..world.mentions import renamed
from .batches import Batch, segments, slots
from .checkpoint import TrainedModel, load_trained
from .config import RunConfig
from .guided_prediction import guided_prediction
from .latent_masks import latent_masks
from .machine import Machine, best_machine
from .networks import new_objective
from .objective import Objective
from .pool import LONGEST, padded
from .sampling_settings import SamplingSettings
from .tokenizer import load_tokenizer, tokenise


@dataclass(frozen=True)
class Request:
    """One image to generate. `texts`: one per unit, oldest first, with image names numbered over the whole sequence;
    `layout`: number of images per unit; `images` `[3, H, W]`, −1 where erased, and their `masks` `[H, W]` (0 or 1, or
    None), oldest first.
    """

    texts: tuple[str, ...]
    layout: tuple[int, ...] = (0,)
    images: tuple[Tensor, ...] = ()
    masks: tuple[Tensor | None, ...] = ()

    @staticmethod
    def create(text: str) -> Request:
        return Request((text,))

    @staticmethod
    def of(example: Example, rng: random.Random, side: int) -> Request:
        """The request of an example, with wordings drawn from `rng`."""
        images = [image for unit in example.units for image in unit.images]
        pictures = draw_images(images, side) if images else ()
        masks = tuple(draw_marks([image.region], side)[0] if image.region else None for image in images)
        first = [sum(example.layout[:unit]) for unit in range(len(example.units))]
        texts = [renamed(text, start) for text, start in zip(example.say(rng), first, strict=True)]
        return Request(tuple(texts), example.layout, tuple(pictures), masks)


class Sampler:
    """The EMA weights of a run, in float32."""

    def __init__(self, run: Path) -> None:
        self.trained: TrainedModel = load_trained(run)
        self.config = RunConfig.from_json(self.trained.config)
        self.machine: Machine = best_machine()
        self.tokenizer = load_tokenizer(self.trained.tokenizer)
        self.objective: Objective = new_objective(self.config, self.tokenizer)
        self.objective.dit.load_state_dict(self.trained.dit)
        self.objective.text_encoder.load_state_dict(self.trained.text_encoder)
        self.machine.place(self.objective.eval().requires_grad_(False))
        self.vae = Vae(VaeConfig.from_dict(self.config.vae))
        self.vae.load_state_dict(self.trained.vae)
        self.machine.place(self.vae.eval().requires_grad_(False))

    @torch.no_grad()
    def sample(self, requests: Sequence[Request], settings: SamplingSettings, seed: int = 0) -> Tensor:
        """Pictures `[n, 3, side, side]`, clamped to −1..1. All requests must have the same layout."""
        batch = self._batch(requests)
        grid, patch = self.config.grid, self.config.dit['patch']
        plan = SamplingSteps.trailing(NoiseSchedule.linear(), settings.steps)
        unguided = [time for index, time in enumerate(plan.model_timesteps.tolist()) if not settings.is_guided(index)]
        predict = guided_prediction(self.objective, batch, grid, settings.scale, settings.rescale, unguided)
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(
            len(requests), self.config.vae['z_channels'], grid * patch, grid * patch, generator=generator
        )
        latent = ddim_sample(noise.to(batch.ids.device), plan, predict)
        return self.vae.decode(latent / self.trained.latent_scale).clamp(-1, 1).cpu()

    def sample_any(self, requests: Sequence[Request], settings: SamplingSettings, seed: int = 0) -> Tensor:
        """As `sample`, for requests of any layouts; keeps their order."""
        made = torch.empty(len(requests), 3, self.config.side, self.config.side)
        for layout in dict.fromkeys(request.layout for request in requests):
            rows = [index for index, request in enumerate(requests) if request.layout == layout]
            made[rows] = self.sample([requests[row] for row in rows], settings, seed)
        return made

    def encode(self, pictures: Tensor) -> Tensor:
        """Pictures `[n, 3, H, W]` → scaled latents in patches `[n, T, 4 C]`."""
        with torch.no_grad():
            latents = self.vae.encode(self.machine.to(pictures)) * self.trained.latent_scale
            return patchify(latents, self.config.dit['patch'])

    def _batch(self, requests: Sequence[Request]) -> Batch:
        layout = requests[0].layout
        ordered = [[request.texts[unit] for unit in slots(layout)] for request in requests]
        ids, lengths = padded(tokenise(self.tokenizer, [text for texts in ordered for text in texts], LONGEST), LONGEST)
        frames = [self.encode(torch.stack(images)) for images in zip(*(r.images for r in requests), strict=True)]
        target = torch.zeros(len(requests), self.config.grid**2, self.objective.dit.config.eps_width)
        marks = torch.stack([self._marks(request) for request in requests])
        return Batch(
            self.machine.to(target),
            torch.stack(frames, 1)
            if frames
            else self.machine.to(target.new_zeros(len(requests), 0, *target.shape[1:])),
            self.machine.to(ids.view(len(requests), len(slots(layout)), -1)),
            self.machine.to(lengths.view(len(requests), len(slots(layout)))),
            segments(layout),
            self.machine.to(marks),
        )

    def _marks(self, request: Request) -> Tensor:
        """`[F, T, 4]`: the mask of the target, which is that of the current unit's first image, then those of the
        images."""
        whole = torch.ones(self.config.side, self.config.side)
        masks = [whole if mask is None else mask for mask in request.masks]
        target = masks[len(masks) - request.layout[-1]] if request.layout[-1] else whole
        return patchify(latent_masks(torch.stack([target, *masks]), self.config.downscale), self.config.dit['patch'])
