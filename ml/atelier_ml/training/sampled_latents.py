"""Latents sampled from noisy true latents, the training data of `train-decoder` and `train-last-step`."""

from __future__ import annotations

import torch
from torch import Tensor

from ..model.ddim import ddim_sample
from ..model.patches import channels_last, unpatchify
from ..model.scheduler import NoiseSchedule, SamplingSteps
from .batches import Batch
from .guided_prediction import guided_prediction
from .machine import Machine
from .objective import Objective


def sampled_latents(
    objective: Objective, batch: Batch, noise: Tensor, grid: int, settings: dict, machine: Machine, left: int = 0
) -> tuple[Tensor, Tensor]:
    """Runs the guided sampler on a batch until `left` steps remain (0: to the end). Returns its scaled latents
    `[B, C, h, w]` and the x_0 predicted by the last step taken.

    Starts at the second step, from the true latent with the corresponding noise: from pure noise, the sampler could
    produce a different but valid image. `grid`: patches per side. Settings: steps, guidance, rescale.
    """
    plan = SamplingSteps.trailing(NoiseSchedule.linear(), settings['steps']).after(1)
    patch = objective.dit.config.patch
    noisy = float(plan.alphas_vp[0]) * batch.target + float(plan.sigmas_vp[0]) * noise
    seen = [latent_image(batch.target, grid, patch)]
    with torch.no_grad(), machine.autocast(), machine.attention():
        predict = guided_prediction(objective, batch, grid, settings['guidance'], settings['rescale'])
        x = ddim_sample(latent_image(noisy, grid, patch), plan.without_last(left), predict, seen.append)
    return x, seen[-1]


def latent_image(patches: Tensor, grid: int, patch: int) -> Tensor:
    """Patches `[B, T, 4 C]` in the network's input order → `[B, C, h, w]`."""
    return unpatchify(channels_last(patches, patch), grid, grid, patch)
