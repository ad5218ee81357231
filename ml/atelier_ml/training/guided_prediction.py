"""The denoiser's prediction with classifier-free guidance, for the sampler."""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from torch import Tensor

from ..model.ddim import guide
from ..model.patches import patchify, unpatchify
from ..model.scheduler import NoiseSchedule
from .batches import Batch, unconditional
from .objective import Objective


def guided_prediction(
    objective: Objective, batch: Batch, grid: int, scale: float, rescale: float, unguided: Collection[float] = ()
) -> Callable[[Tensor, float], Tensor]:
    """A function for `ddim_sample`: eps of a latent `[B, C, h, w]` at a time step, from the guided velocity.

    `grid`: patches per side. `unguided`: time steps without the unconditional pass. The batch's targets are not used.
    """
    schedule, patch = NoiseSchedule.linear(), objective.dit.config.patch
    texts = objective.condition(batch), objective.condition(unconditional(batch))

    def predict(x: Tensor, timestep: float) -> Tensor:
        noisy, times = patchify(x, patch), torch.full((len(x),), timestep, device=x.device)
        velocity, *other = (
            unpatchify(objective.denoise(noisy, batch.conditions, batch.masks, times, *text).float(), grid, grid, patch)
            for text in (texts[:1] if timestep in unguided else texts)
        )
        if other:
            velocity = guide(velocity, *other, scale, rescale)
        alpha, sigma = schedule.alphas[int(timestep)].item(), schedule.sigmas[int(timestep)].item()
        return alpha * velocity + sigma * x

    return predict
