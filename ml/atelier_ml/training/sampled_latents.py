"""What the sampler makes of noised true latents: what the decoder and the last step learn from."""

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
    """Scaled latents `[B, C, h, w]` of a batch on the device, as the guided sampler has them when `left` of its steps
    are still to be taken (0: its end), and the clean ones that its last step saw in them.

    It begins with its second step and the true latent in that much noise, for from noise alone it may rightly draw
    another picture. `grid`: patches along a side. Settings: steps, guidance, rescale.
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
    """Patches `[B, T, 4 C]` as the network gets them → `[B, C, h, w]`."""
    return unpatchify(channels_last(patches, patch), grid, grid, patch)
