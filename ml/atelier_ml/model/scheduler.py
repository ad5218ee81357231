"""The noise schedule and the time steps of sampling."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class NoiseSchedule:
    """x_t = alphas[t] * x_0 + sigmas[t] * noise; both `[train_steps]` float32, variance preserving.

    The alphas are those of the *rounded* sigmas, in float32, as in the reference: near pure noise the rounding moves
    alpha by up to 0.07 %, and sampling shows it.
    """

    alphas: torch.Tensor
    sigmas: torch.Tensor

    @classmethod
    def linear(cls, train_steps: int = 1000, beta_start: float = 1e-4, beta_end: float = 0.02) -> NoiseSchedule:
        """Betas that grow linearly from the first to the last step."""
        betas = torch.linspace(beta_start, beta_end, train_steps, dtype=torch.float64)
        sigmas = (1 - torch.cumprod(1 - betas, dim=0)).sqrt().float()
        return cls((1 - sigmas**2).sqrt(), sigmas)


@dataclass(frozen=True)
class SamplingSteps:
    """Everything the sampler needs to know of `n` steps.

    timesteps `[n]` float64, descending, fractional unless n divides the training steps.
    model_timesteps `[n]`: rounded, as the network sees them.
    alphas, sigmas `[n]`: the schedule at the floored time step, to turn eps into x_0.
    sigmas_vp, alphas_vp `[n + 1]`: interpolated at the time steps, and a final 0 and 1, for the update.
    All but the time steps are float32.
    """

    timesteps: torch.Tensor
    model_timesteps: torch.Tensor
    alphas: torch.Tensor
    sigmas: torch.Tensor
    sigmas_vp: torch.Tensor
    alphas_vp: torch.Tensor

    @classmethod
    def trailing(cls, schedule: NoiseSchedule, steps: int) -> SamplingSteps:
        """Even steps that begin at the last training step. Raises ValueError if there is none."""
        total = len(schedule.alphas)
        if not 1 <= steps <= total:
            raise ValueError(f'steps must be 1 to {total}, got {steps}')
        # Multiplied before it is divided: so whole time steps (499 of 30 steps) come out whole, not just below.
        timesteps = total - 1 - torch.arange(steps, dtype=torch.float64) * total / steps
        low = timesteps.floor().long()
        high = timesteps.ceil().long()
        # Interpolated where the schedule is closest to a straight line: the logarithm of the noise-to-signal ratio.
        log_ratio = (schedule.sigmas.double() / schedule.alphas.double()).log()
        share = timesteps - low
        ratio = ((1 - share) * log_ratio[low] + share * log_ratio[high]).exp()
        sigmas_vp = torch.cat((ratio / (1 + ratio**2).sqrt(), torch.zeros(1))).float()
        alphas_vp = (1 - sigmas_vp**2).sqrt()
        return cls(timesteps, timesteps.round(), schedule.alphas[low], schedule.sigmas[low], sigmas_vp, alphas_vp)

    def after(self, done: int) -> SamplingSteps:
        """The steps that are left when `done` of them are taken."""
        return SamplingSteps(*(values[done:] for values in vars(self).values()))

    def without_last(self, left: int) -> SamplingSteps:
        """All but the last `left` steps."""
        return SamplingSteps(*(values[: len(values) - left] for values in vars(self).values()))
