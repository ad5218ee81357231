"""The autoencoder against the reference's numbers."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from atelier_ml.model import Vae, VaeConfig


@pytest.fixture(scope='module')
def golden_vae(golden: Path):
    with safe_open(str(golden / 'ace_vae_golden.safetensors'), 'pt') as file:
        given = json.loads(file.metadata()['config'])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    config = VaeConfig(
        ch=given['CH'], mult=tuple(given['CH_MULT']), res_blocks=given['NUM_RES_BLOCKS'], z_channels=given['Z_CHANNELS']
    )
    vae = Vae(config).eval()
    weights = {name.removeprefix('weights.'): v for name, v in tensors.items() if name.startswith('weights.')}
    vae.load_state_dict(weights)
    return vae, tensors


@pytest.mark.parametrize('case', ['square', 'wide'])
@torch.no_grad()
def test_moments_and_decoding_match_the_reference(golden_vae, case: str) -> None:
    vae, tensors = golden_vae
    moments = vae.moments(tensors[f'{case}.image'][None])
    expected = tensors[f'{case}.moments'][None]
    assert (moments - expected).abs().max() < 1e-4 * expected.std()
    decoded = vae.decode(moments[:, :4])
    expected = tensors[f'{case}.decoded_from_mean'][None]
    assert (decoded - expected).abs().max() < 1e-4 * expected.std()


def test_few_channels_get_fewer_groups() -> None:
    vae = Vae(VaeConfig(ch=16, mult=(1, 2), res_blocks=1))
    assert vae.decode(vae.encode(torch.randn(1, 3, 8, 8))).shape == (1, 3, 8, 8)


@torch.no_grad()
def test_an_untrained_refiner_changes_nothing_and_a_trained_one_does() -> None:
    plain = Vae(VaeConfig(ch=16, mult=(1, 2), res_blocks=1))
    refined = Vae(VaeConfig(ch=16, mult=(1, 2), res_blocks=1, refiner_blocks=2))
    missing = refined.load_state_dict(plain.state_dict(), strict=False).missing_keys
    assert {name.split('.')[1] for name in missing} == {'refiner'}
    latent = torch.randn(1, 4, 4, 4)
    assert torch.equal(refined.decode(latent), plain.decode(latent))
    refined.decoder.refiner.conv_out.weight.normal_()
    assert not torch.allclose(refined.decode(latent), plain.decode(latent))
