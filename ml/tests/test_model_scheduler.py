"""Time steps that the golden file does not hold, guidance, patches."""

import pytest
import torch

from atelier_ml.model import NoiseSchedule, SamplingSteps, patchify, unpatchify
from atelier_ml.model.ddim import ddim_sample, guide


def test_fractional_time_steps_are_floored_for_tables_and_rounded_for_the_model() -> None:
    schedule = NoiseSchedule.linear()
    steps = SamplingSteps.trailing(schedule, 3)
    assert steps.timesteps.tolist() == pytest.approx([999, 665.6667, 332.3333], abs=1e-3)
    assert steps.model_timesteps.tolist() == [999, 666, 332]
    assert torch.equal(steps.alphas, schedule.alphas[[999, 665, 332]])
    assert schedule.sigmas[665] < steps.sigmas_vp[1] < schedule.sigmas[666]
    assert steps.sigmas_vp[-1] == 0 and steps.alphas_vp[-1] == 1


@pytest.mark.parametrize('count', [1, 7, 1000])
def test_every_count_of_steps_gives_that_many(count: int) -> None:
    steps = SamplingSteps.trailing(NoiseSchedule.linear(), count)
    assert len(steps.timesteps) == count and steps.timesteps[0] == 999 and steps.timesteps[-1] >= 0


def test_a_whole_time_step_is_not_floored_to_the_one_below() -> None:
    schedule = NoiseSchedule.linear()
    steps = SamplingSteps.trailing(schedule, 30)
    assert steps.timesteps[[15, 27]].tolist() == [499, 99]
    assert torch.equal(steps.alphas[[15, 27]], schedule.alphas[[499, 99]])


@pytest.mark.parametrize('count', [0, 1001])
def test_impossible_counts_are_errors(count: int) -> None:
    with pytest.raises(ValueError, match='steps'):
        SamplingSteps.trailing(NoiseSchedule.linear(), count)


def test_a_perfect_prediction_leads_to_the_picture() -> None:
    schedule = NoiseSchedule.linear()
    picture = torch.randn(1, 4, 4, 4, dtype=torch.float64)

    def true_eps(x: torch.Tensor, timestep: float) -> torch.Tensor:
        alpha, sigma = schedule.alphas[int(timestep)].double(), schedule.sigmas[int(timestep)].double()
        return (x - alpha * picture) / sigma

    steps = SamplingSteps.trailing(schedule, 10)
    assert torch.allclose(ddim_sample(torch.randn_like(picture), steps, true_eps), picture, atol=1e-5)


def test_a_sampling_run_can_go_on_from_any_step() -> None:
    steps = SamplingSteps.trailing(NoiseSchedule.linear(), 4)
    noise = torch.randn(1, 4, 4, 4)
    seen: list[torch.Tensor] = []

    def some_eps(x: torch.Tensor, timestep: float) -> torch.Tensor:
        seen.append(x)
        return torch.tanh(x) * timestep / 1000

    whole = ddim_sample(noise, steps, some_eps)
    assert steps.after(1).model_timesteps.tolist() == [749, 499, 249]
    assert torch.equal(ddim_sample(seen[2], steps.after(2), some_eps), whole)


def test_full_rescale_restores_the_deviation() -> None:
    conditional, unconditional = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
    guided = guide(conditional, unconditional, 4.5, 1.0)
    assert torch.allclose(guided.flatten(1).std(1), conditional.flatten(1).std(1), rtol=1e-4)
    assert torch.allclose(guide(conditional, unconditional, 1.0, 0.5), conditional, atol=1e-5)


def test_patches_and_back() -> None:
    latent = torch.arange(2 * 3 * 4 * 6.0).view(2, 3, 4, 6)
    patches = patchify(latent)
    assert patches.shape == (2, 6, 12)
    assert patches[0, 1].tolist() == latent[0, :, 0:2, 2:4].flatten().tolist()
    turned = patches.unflatten(2, (3, 4)).transpose(2, 3).flatten(2)
    assert torch.equal(unpatchify(turned, 2, 3), latent)
