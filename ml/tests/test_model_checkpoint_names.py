"""Older and published names load into today's networks."""

from pathlib import Path

import pytest
import torch

from atelier_ml.convert.random_checkpoint import older_dit_names
from atelier_ml.convert.source import TextEncoderSource, VaeSource
from atelier_ml.model import DiT, TextEncoder, TextEncoderConfig, Vae, VaeConfig
from atelier_ml.model.checkpoint_names import dit_state, unwrap
from atelier_ml.parity.golden_dit import GoldenDit


@pytest.fixture(scope='module')
def current(golden: Path) -> dict[str, torch.Tensor]:
    return GoldenDit(golden / 'ace_dit_golden_a.safetensors').weights()


def test_older_names_give_the_same_weights(current) -> None:
    older = older_dit_names(current)
    assert 'blocks.0.attn.qkv.weight' in older and 'blocks.0.attn.k.weight' not in older
    older['blocks.0.attn.norm_k.weight'] = torch.ones(96)
    loaded = dit_state({'state_dict': older, 'epoch': 3})
    assert loaded.keys() == current.keys()
    assert all(torch.equal(loaded[name], current[name]) for name in current)


@pytest.mark.parametrize('wrapper', ['state_dict', 'model', 'module', 'ema'])
def test_wrappers_and_the_prefix_of_parallel_training_are_taken_off(wrapper: str) -> None:
    assert unwrap({wrapper: {'module.a': 1, 'module.b': 2}, 'epoch': 3}) == {'a': 1, 'b': 2}
    assert unwrap({'module.a': 1, 'b': 2}) == {'module.a': 1, 'b': 2}


def test_a_missing_mask_channel_becomes_zeros(current, golden: Path) -> None:
    four = {**current, 'x_embedder.proj.weight': current['x_embedder.proj.weight'][:, :4]}
    weight = dit_state(four)['x_embedder.proj.weight']
    assert torch.equal(weight[:, :4], current['x_embedder.proj.weight'][:, :4])
    assert not weight[:, 4].any()
    DiT(GoldenDit(golden / 'ace_dit_golden_a.safetensors').config).load_state_dict(dit_state(four))


def test_another_number_of_channels_is_an_error(current) -> None:
    with pytest.raises(ValueError, match='3 channels'):
        dit_state({'x_embedder.proj.weight': current['x_embedder.proj.weight'][:, :3]})


def test_vae_weights_are_found_inside_a_whole_diffusion_checkpoint(tmp_path: Path) -> None:
    vae = Vae(VaeConfig(ch=16, mult=(1, 2), res_blocks=1))
    whole = {f'first_stage_model.{name}': value for name, value in vae.state_dict().items()}
    whole |= {'first_stage_model.loss.logvar': torch.zeros(1), 'model.diffusion_model.out.bias': torch.zeros(1)}
    torch.save({'state_dict': whole}, tmp_path / 'whole.pth')
    loaded = VaeSource.open(tmp_path / 'whole.pth').load().state_dict()
    assert loaded.keys() == vae.state_dict().keys()
    assert all(torch.equal(loaded[name], value) for name, value in vae.state_dict().items())


def test_a_text_to_text_checkpoint_gives_its_encoder(tmp_path: Path) -> None:
    encoder = TextEncoder(TextEncoderConfig(vocab=9, width=8, layers=2, heads=2, head_dim=4, ff=16))
    whole = dict(encoder.state_dict())
    whole['encoder.embed_tokens.weight'] = whole.pop('shared.weight')
    whole |= {'decoder.final_layer_norm.weight': torch.zeros(8), 'lm_head.weight': torch.zeros(9, 8)}
    torch.save(whole, tmp_path / 'whole.bin')
    source = TextEncoderSource.open(tmp_path / 'whole.bin')
    assert {name: source.read(name).tolist() for name in source.names()} == {
        name: value.tolist() for name, value in encoder.state_dict().items()
    }
