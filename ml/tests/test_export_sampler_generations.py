"""The sampler graph with one generation and with several, with one pass and with two."""

from __future__ import annotations

import onnxruntime
import pytest
import torch

from atelier_ml.export.sampler_graph import sampler_graph, sampler_inputs
from atelier_ml.export.sampler_in_torch import run_in_torch

_ROWS = ('text', 'text_lengths', 'indicator_embedding')


@pytest.fixture(scope='module')
def session(dit) -> onnxruntime.InferenceSession:
    model = sampler_graph(dit, 'fp32').SerializeToString()
    return onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])


def _some(inputs: dict[str, torch.Tensor], generations: list[int], passes: int) -> dict[str, torch.Tensor]:
    """The inputs of some of the generations."""
    count = len(inputs['latent'])
    rows = [one + count * each for each in range(passes) for one in generations]
    own = {name: inputs[name][generations] for name in ('latent', 'predicted', 'patches')}
    guidance = inputs['guidance'].unflatten(0, (-1, 2))[generations].flatten()
    if passes == 1:
        guidance = torch.tensor([1.0, 0.0]).repeat(len(generations))
    return {**inputs, **own, **{name: inputs[name][rows] for name in _ROWS}, 'guidance': guidance}


def _run(session: onnxruntime.InferenceSession, inputs: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    feeds = {name: value.contiguous().numpy() for name, value in inputs.items()}
    return [torch.from_numpy(output) for output in session.run(None, feeds)]


@torch.no_grad()
@pytest.mark.parametrize('passes', [1, 2])
@pytest.mark.parametrize('count', [1, 3])
def test_it_computes_what_the_dit_does(dit, session, passes, count):
    torch.manual_seed(1)
    inputs = _some(sampler_inputs(dit), list(range(count)), passes)
    for ours, theirs in zip(_run(session, inputs), run_in_torch(dit, inputs), strict=True):
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() < 1e-4 * theirs.std()


@pytest.mark.parametrize('passes', [1, 2])
def test_what_runs_beside_a_generation_is_not_in_its_picture(dit, session, passes):
    torch.manual_seed(2)
    inputs = sampler_inputs(dit)
    together = _run(session, _some(inputs, [4, 1, 2], passes))
    for place, generation in enumerate([4, 1, 2]):
        alone = _run(session, _some(inputs, [generation], passes))
        for all_of_them, one in zip(together, alone, strict=True):
            assert (all_of_them[place] - one[0]).abs().max() < 1e-5 * one.std()
