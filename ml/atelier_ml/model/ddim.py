"""DDIM sampling with guidance."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .scheduler import SamplingSteps


def guide(conditional: torch.Tensor, unconditional: torch.Tensor, scale: float, rescale: float) -> torch.Tensor:
    """Classifier-free guidance of `[B, …]`, rescaled by `rescale` (0..1) towards the conditional's standard deviation
    (https://arxiv.org/abs/2305.08891), computed over each whole sample.
    """
    guided = unconditional + scale * (conditional - unconditional)
    ratio = conditional.flatten(1).std(dim=1) / guided.flatten(1).std(dim=1)
    factor = rescale * ratio + (1 - rescale)
    return guided * factor.view(-1, *[1] * (guided.dim() - 1))


def ddim_sample(
    noise: torch.Tensor,
    steps: SamplingSteps,
    predict_eps: Callable[[torch.Tensor, float], torch.Tensor],
    watch: Callable[[torch.Tensor], object] | None = None,
) -> torch.Tensor:
    """Deterministic DDIM (eta 0) from `noise [B, C, h, w]` to x_0; `predict_eps(x, timestep)` includes guidance.

    `watch` is called with the x_0 predicted at each step.
    """
    x = noise
    for index in range(len(steps.timesteps)):
        eps = predict_eps(x, float(steps.model_timesteps[index]))
        x0 = (x - float(steps.sigmas[index]) * eps) / float(steps.alphas[index])
        if watch:
            watch(x0)
        direction = (x - float(steps.alphas_vp[index]) * x0) / float(steps.sigmas_vp[index])
        x = float(steps.alphas_vp[index + 1]) * x0 + float(steps.sigmas_vp[index + 1]) * direction
    return x
