"""The transformer and the sampler against the reference's numbers."""

from pathlib import Path

import pytest
import torch

from atelier_ml.model import DiT, FrameLayout
from atelier_ml.parity.compare import compare, compare_schedule
from atelier_ml.parity.engines import TorchEngine
from atelier_ml.parity.golden_dit import GoldenDit


@pytest.fixture(scope='module')
def golden_dit(golden: Path) -> GoldenDit:
    return GoldenDit(golden / 'ace_dit_golden_a.safetensors')


@pytest.fixture(scope='module')
def dit(golden_dit: GoldenDit) -> DiT:
    model = DiT(golden_dit.config).eval()
    model.load_state_dict(golden_dit.weights())
    return model


def test_every_case_matches_the_reference(golden_dit: GoldenDit, dit: DiT) -> None:
    results = list(compare(golden_dit, TorchEngine(dit)))
    assert {result.output for result in results} == {'eps_cond', 'eps_uncond', 'x0_final'}
    for result in results:
        assert result.error < 2e-5, result


def test_the_sampling_tables_match_the_reference(golden_dit: GoldenDit) -> None:
    results = [result for case in golden_dit.cases() for result in compare_schedule(case)]
    assert len(results) == 4
    for result in results:
        assert result.error < 1e-5, result


@torch.no_grad()
def test_frames_of_one_size_need_no_slots(dit: DiT) -> None:
    layout = FrameLayout.of([(2, 3), (2, 3)])
    conditioning = dit.condition(torch.randn(2, 2, 5, 32), torch.randn(2, 2, 32))
    lengths = torch.tensor([[5, 2], [1, 4]], dtype=torch.int32)
    patches, time = torch.randn(2, 12, 20), torch.tensor([10.0, 900.0])
    first = (patches, layout.positions, time, *conditioning[:2], lengths, conditioning[2])
    slots = dit(*first, layout.frame_slots, layout.token_slot, layout.target_tokens)
    assert torch.allclose(slots, dit(*first, None, None, 6), atol=1e-6)


@torch.no_grad()
def test_a_step_over_the_target_alone_with_the_frames_kept_is_the_whole_step(dit: DiT) -> None:
    layout, alone = FrameLayout.of([(2, 3), (3, 2), (1, 4)]), FrameLayout.of([(2, 3)])
    keys, values, embedded = dit.condition(torch.randn(2, 3, 5, 32), torch.randn(2, 3, 32))
    lengths = torch.tensor([[5, 2, 3], [1, 4, 5]], dtype=torch.int32)
    patches, time = torch.randn(2, 16, 20), torch.tensor([10.0, 900.0])
    text = (keys, values, lengths, embedded)
    whole, made = dit.step(patches, layout.positions, time, *text, layout.frame_slots, layout.token_slot, 6)
    history = torch.stack([each[:, 6:] for each in made])
    target = (keys[:, :, :1], values[:, :, :1], lengths[:, :1], embedded[:, :1])
    slots = (alone.frame_slots, alone.token_slot, 6)
    kept, _ = dit.step(patches[:, :6], alone.positions, time, *target, *slots, history)
    assert torch.allclose(whole, kept, atol=1e-5)
    without, _ = dit.step(patches[:, :6], alone.positions, time, *target, *slots)
    assert not torch.allclose(whole, without, atol=1e-2)


@torch.no_grad()
def test_text_past_a_segments_length_is_not_seen(dit: DiT) -> None:
    layout = FrameLayout.of([(2, 2), (1, 3)])
    text = torch.randn(1, 2, 6, 32)
    lengths = torch.tensor([[4, 2]], dtype=torch.int32)
    indicators, patches, time = torch.randn(1, 2, 32), torch.randn(1, 7, 20), torch.tensor([500.0])

    def run(text: torch.Tensor) -> torch.Tensor:
        keys, values, embedded = dit.condition(text, indicators)
        slots = (layout.frame_slots, layout.token_slot, layout.target_tokens)
        return dit(patches, layout.positions, time, keys, values, lengths, embedded, *slots)

    before = run(text)
    changed = text.clone()
    changed[0, 0, 4:] = 9
    changed[0, 1, 2:] = 9
    assert torch.equal(before, run(changed))
    changed[0, 1, 1] = 9
    assert not torch.allclose(before, run(changed))


def test_it_trains_under_bfloat16_autocast(golden_dit: GoldenDit) -> None:
    model = DiT(golden_dit.config)
    layout = FrameLayout.of([(2, 2)])
    with torch.autocast('cpu', torch.bfloat16):
        keys, values, embedded = model.condition(torch.randn(3, 1, 4, 32), torch.randn(3, 1, 32))
        lengths = torch.full((3, 1), 4, dtype=torch.int32)
        patches, time = torch.randn(3, 4, 20), torch.rand(3) * 999
        eps = model(patches, layout.positions, time, keys, values, lengths, embedded, None, None, 4)
    torch.nn.functional.mse_loss(eps.float(), torch.randn(3, 4, 16)).backward()
    # At the start the last layer is zero, so its own weights are the first to learn.
    assert model.final_layer.linear.weight.grad.abs().sum() > 0


def test_a_new_model_predicts_nothing_yet_and_every_weight_can_learn(golden_dit: GoldenDit) -> None:
    model = DiT(golden_dit.config)
    torch.nn.init.normal_(model.final_layer.linear.weight)
    for block in model.blocks:
        torch.nn.init.normal_(block.cross_attn.o.weight)
    layout = FrameLayout.of([(2, 2), (2, 1)])
    keys, values, embedded = model.condition(torch.randn(2, 2, 4, 32), torch.randn(2, 2, 32))
    lengths = torch.full((2, 2), 4, dtype=torch.int32)
    slots = (layout.frame_slots, layout.token_slot, layout.target_tokens)
    patches, time = torch.randn(2, 6, 20), torch.rand(2) * 999
    model(patches, layout.positions, time, keys, values, lengths, embedded, *slots).sum().backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []
