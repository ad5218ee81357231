"""A training run's folder becomes a model folder."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from atelier_ml.cli import main
from atelier_ml.export.read_folder import read_dit
from atelier_ml.export.tiny import tiny_tokenizer
from atelier_ml.model import DiT, DiTConfig, TextEncoder, TextEncoderConfig, Vae, VaeConfig
from atelier_ml.training.checkpoint import CHECKPOINT_FILE, TOKENIZER_FILE, VAE_FILE


@pytest.fixture(scope='module')
def run(tmp_path_factory) -> Path:
    """A run folder as the training leaves it, with the smallest of networks."""
    folder = tmp_path_factory.mktemp('run')
    config = {
        'name': 'nano',
        'side': 16,
        'vae': {'ch': 8, 'mult': [1, 1], 'res_blocks': 1, 'z_channels': 2},
        'dit': {'in_channels': 2, 'width': 24, 'depth': 1, 'heads': 1, 'text_width': 16, 'max_seq_len': 16},
        'text': {'width': 16, 'layers': 1, 'heads': 2, 'head_dim': 8, 'ff': 32},
    }
    vocab = tiny_tokenizer(folder / TOKENIZER_FILE).get_vocab_size()
    torch.manual_seed(0)
    networks = {
        'dit': DiT(DiTConfig.from_dict(config['dit'])),
        'text_encoder': TextEncoder(TextEncoderConfig.from_dict({**config['text'], 'vocab': vocab})),
    }
    torch.nn.init.normal_(networks['dit'].final_layer.linear.weight)
    vae = Vae(VaeConfig.from_dict(config['vae']))
    pictures = torch.randint(0, 256, (6, 3, 16, 16), dtype=torch.uint8)
    latents = torch.zeros(6, 2, 8, 8)
    torch.save(
        {'weights': vae.state_dict(), 'latent_scale': 0.5, 'latents': latents, 'pictures': pictures},
        folder / VAE_FILE,
    )
    torch.save(
        {
            'config': config,
            'ema': {name: network.state_dict() for name, network in networks.items()},
            'facts': {'seed': 12, 'steps': 3},
        },
        folder / CHECKPOINT_FILE,
    )
    return folder


def test_the_folder_holds_the_run(run: Path, tmp_path: Path) -> None:
    out = tmp_path / 'model'
    assert main(['export', '--run', str(run), '--out', str(out), '--precision', 'fp32']) == 0
    manifest = json.loads((out / 'manifest.json').read_text())
    assert manifest['latent'] == {'channels': 2, 'downscale': 2, 'scale': 0.5}
    assert manifest['training'] == {'seed': 12, 'steps': 3}
    assert (manifest['defaults']['width'], manifest['limits']['maxFrameTokens']) == (16, 16)
    assert len(manifest['preview']['factors']) == 2
    assert manifest['name'] == 'ace-mini' and manifest['precision'] == 'fp32'
    weights = torch.load(run / VAE_FILE, weights_only=True)['weights']
    vae = Vae(VaeConfig(ch=8, mult=(1, 1), res_blocks=1, z_channels=2))
    vae.load_state_dict(weights)
    latent = torch.randn(1, 2, 3, 5)
    decoded = onnxruntime.InferenceSession(str(out / 'vae_decoder.onnx')).run(None, {'latent': latent.numpy()})[0]
    assert np.allclose(decoded, vae.decode(latent).detach().numpy(), atol=1e-4)


def test_a_run_that_has_not_trained_yet_is_one_line(tmp_path: Path, capsys) -> None:
    assert main(['export', '--run', str(tmp_path), '--out', str(tmp_path / 'model')]) == 2
    assert VAE_FILE in capsys.readouterr().err
    assert not (tmp_path / 'model').exists()


def test_between_two_weights_is_their_mean(run: Path, tmp_path: Path) -> None:
    state = torch.load(run / CHECKPOINT_FILE, weights_only=True)
    # All drawn: equal weights, as the zero biases of a new network, cannot be read back from a folder.
    drawn = [{n: torch.randn_like(w) / 10 for n, w in state['ema']['dit'].items()} for _ in range(2)]
    for name, weights in zip(('began', 'later'), drawn, strict=True):
        shutil.copytree(run, tmp_path / name)
        state['ema']['dit'] = weights
        torch.save(state, tmp_path / name / CHECKPOINT_FILE)
    export = ['export', '--precision', 'fp32', '--run']
    assert main([*export, str(tmp_path / 'began'), '--out', str(tmp_path / 'first')]) == 0
    assert (
        main([*export, str(tmp_path / 'later'), '--out', str(tmp_path / 'mean'), '--between', str(tmp_path / 'first')])
        == 0
    )
    dit = DiT(DiTConfig.from_dict(state['config']['dit']))
    read_dit(tmp_path / 'mean', dit)
    for name, weights in dit.state_dict().items():
        assert torch.allclose(weights, (drawn[0][name] + drawn[1][name]) / 2, atol=1e-6), name
