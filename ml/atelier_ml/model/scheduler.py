"""The noise schedule and the sampling time steps."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class NoiseSchedule:
    """x_t = alphas[t] * x_0 + sigmas[t] * noise; both `[train_steps]` float32, variance preserving.

    The alphas are derived from the *rounded* float32 sigmas, as in the reference: near pure noise the rounding changes
    alpha by up to 0.07 %, enough to affect samples.
    """

    alphas: torch.Tensor
    sigmas: torch.Tensor

    @classmethod
    def linear(cls, train_steps: int = 1000, beta_start: float = 1e-4, beta_end: float = 0.02) -> NoiseSchedule:
        """The schedule with betas that grow linearly from the first to the last step."""
        betas = torch.linspace(beta_start, beta_end, train_steps, dtype=torch.float64)
        sigmas = (1 - torch.cumprod(1 - betas, dim=0)).sqrt().float()
        return cls((1 - sigmas**2).sqrt(), sigmas)


@dataclass(frozen=True)
class SamplingSteps:
    """The sampler's tables for `n` steps.

    timesteps `[n]` float64, descending, fractional unless n divides the training steps.
    model_timesteps `[n]`: rounded, as the network sees them.
    alphas, sigmas `[n]`: the schedule at the floored time step, for converting eps to x_0.
    sigmas_vp, alphas_vp `[n + 1]`: interpolated at the time steps, with a final 0 and 1, for the update.
    All are float32 except the time steps.
    """

    timesteps: torch.Tensor
    model_timesteps: torch.Tensor
    alphas: torch.Tensor
    sigmas: torch.Tensor
    sigmas_vp: torch.Tensor
    alphas_vp: torch.Tensor

    @classmethod
    def trailing(cls, schedule: NoiseSchedule, steps: int) -> SamplingSteps:
        """Evenly spaced steps starting at the last training step. Raises ValueError for an invalid number of steps."""
        total = len(schedule.alphas)
        if not 1 <= steps <= total:
            raise ValueError(f'steps must be 1 to {total}, got {steps}')
        # Multiply before dividing, so that whole time steps (499 with 30 steps) come out exact, not just below.
        timesteps = total - 1 - torch.arange(steps, dtype=torch.float64) * total / steps
        low = timesteps.floor().long()
        high = timesteps.ceil().long()
        # Interpolate the log of the noise-to-signal ratio, where the schedule is closest to linear.
        log_ratio = (schedule.sigmas.double() / schedule.alphas.double()).log()
        share = timesteps - low
        ratio = ((1 - share) * log_ratio[low] + share * log_ratio[high]).exp()
        sigmas_vp = torch.cat((ratio / (1 + ratio**2).sqrt(), torch.zeros(1))).float()
        alphas_vp = (1 - sigmas_vp**2).sqrt()
        return cls(timesteps, timesteps.round(), schedule.alphas[low], schedule.sigmas[low], sigmas_vp, alphas_vp)

    def after(self, done: int) -> SamplingSteps:
        """The steps remaining after the first `done`."""
        return SamplingSteps(*(values[done:] for values in vars(self).values()))

    def without_last(self, left: int) -> SamplingSteps:
        """All steps except the last `left`."""
        return SamplingSteps(*(values[: len(values) - left] for values in vars(self).values()))
