"""Samples from a trained run in PyTorch, as the pipeline does: trailing DDIM, guidance, rescale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..model.config import VaeConfig
from ..model.ddim import ddim_sample, guide
from ..model.patches import patchify, unpatchify
from ..model.scheduler import NoiseSchedule, SamplingSteps
from ..model.vae import Vae
from .batches import Batch
from .checkpoint import TrainedModel, load_trained
from .config import RunConfig
from .machine import Machine, compute
from .objective import Objective
from .pool import LONGEST, emptied, padded
from .tokenizer import load_tokenizer, tokenise


@dataclass(frozen=True)
class Request:
    """One picture to make: `texts` are the different instructions, the current one first; `segment` says which of them
    each frame has (the target's first); `images` `[3, H, W]` are the condition frames, oldest first."""

    texts: tuple[str, ...]
    images: tuple[Tensor, ...] = ()
    segment: tuple[int, ...] = (0,)

    @staticmethod
    def create(text: str) -> Request:
        return Request((text,))

    @staticmethod
    def edit(text: str, image: Tensor) -> Request:
        return Request((text,), (image,), (0, 0))

    @staticmethod
    def later(text: str, image: Tensor, earlier_text: str, earlier_image: Tensor) -> Request:
        """An edit of `image` after an earlier edit of `earlier_image` in the same conversation."""
        return Request((text, earlier_text), (earlier_image, image), (0, 1, 0))


class Sampler:
    """The EMA weights of a run, in float32."""

    def __init__(self, run: Path) -> None:
        # Here, because the training module imports the sheets, which import this file.
        from .dit_training import new_objective

        self.trained: TrainedModel = load_trained(run)
        self.config = RunConfig.from_json(self.trained.config)
        self.machine: Machine = compute()
        self.tokenizer = load_tokenizer(self.trained.tokenizer)
        self.objective: Objective = new_objective(self.config, self.tokenizer)
        self.objective.dit.load_state_dict(self.trained.dit)
        self.objective.text_encoder.load_state_dict(self.trained.text_encoder)
        self.machine.place(self.objective.eval().requires_grad_(False))
        self.vae = Vae(VaeConfig.from_dict(self.config.vae))
        self.vae.load_state_dict(self.trained.vae)
        self.machine.place(self.vae.eval().requires_grad_(False))

    @torch.no_grad()
    def sample(self, requests: Sequence[Request], steps: int, scale: float, rescale: float, seed: int = 0) -> Tensor:
        """Pictures `[n, 3, side, side]`, clamped to −1..1. All requests must have the same number of images."""
        batch = self._batch(requests)
        ids, lengths = batch.ids.clone(), batch.lengths.clone()
        # The empty text goes to the target and the last frame, which share the current instruction.
        everywhere = torch.ones(len(requests), dtype=torch.bool, device=ids.device)
        ids[:, 0], lengths[:, 0] = emptied(ids[:, 0], lengths[:, 0], everywhere)
        empty = Batch(batch.target, batch.conditions, ids, lengths, batch.segment)
        told, untold = self.objective.condition(batch), self.objective.condition(empty)
        grid = self.config.side // 8
        patch = self.config.dit['patch']

        def predict(x: Tensor, timestep: float) -> Tensor:
            noisy = patchify(x, patch)
            times = torch.full((len(requests),), timestep, device=x.device)
            conditional, unconditional = (
                unpatchify(self.objective.denoise(noisy, batch.conditions, times, *text), grid // 2, grid // 2, patch)
                for text in (told, untold)
            )
            return guide(conditional, unconditional, scale, rescale)

        draws = torch.Generator().manual_seed(seed)
        noise = torch.randn(len(requests), self.config.vae['z_channels'], grid, grid, generator=draws)
        plan = SamplingSteps.trailing(NoiseSchedule.linear(), steps)
        latent = ddim_sample(noise.to(ids.device), plan, predict)
        return self.vae.decode(latent / self.trained.latent_scale).clamp(-1, 1).cpu()

    def encode(self, pictures: Tensor) -> Tensor:
        """Pictures `[n, 3, H, W]` → scaled latents in patches `[n, T, 4 C]`."""
        with torch.no_grad():
            return patchify(self.vae.encode(self.machine.to(pictures)) * self.trained.latent_scale)

    def _batch(self, requests: Sequence[Request]) -> Batch:
        texts = len(requests[0].texts)
        ids, lengths = padded(
            tokenise(self.tokenizer, [text for request in requests for text in request.texts], LONGEST), LONGEST
        )
        frames = [self.encode(torch.stack(images)) for images in zip(*(r.images for r in requests), strict=True)]
        tokens = (self.config.side // 16) ** 2
        width = self.config.vae['z_channels'] * 4
        target = torch.zeros(len(requests), tokens, width)
        return Batch(
            self.machine.to(target),
            torch.stack(frames, 1) if frames else self.machine.to(target.new_zeros(len(requests), 0, tokens, width)),
            self.machine.to(ids.view(len(requests), texts, -1)),
            self.machine.to(lengths.view(len(requests), texts)),
            requests[0].segment,
        )
