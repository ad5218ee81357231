"""Files that earlier versions wrote can still be read."""

import torch

from atelier_ml.training.checkpoint import CHECKPOINT_FILE, TEXT_FILE, VAE_FILE, load_part


def test_older_keys_are_read_under_their_new_names(tmp_path) -> None:
    weights = {'dit': {}, 'reader': {'change.bias': torch.zeros(1)}}
    torch.save({'live': weights, 'ema': weights, 'step': 3}, tmp_path / CHECKPOINT_FILE)
    torch.save({'weights': {}, 'reader': {'out.bias': torch.zeros(1)}}, tmp_path / TEXT_FILE)
    torch.save({'live': {'reader': 1}}, tmp_path / VAE_FILE)
    denoiser = load_part(tmp_path, CHECKPOINT_FILE)
    assert [*denoiser['live']] == [*denoiser['ema']] == ['dit', 'auxiliary_heads'] and denoiser['step'] == 3
    assert [*load_part(tmp_path, TEXT_FILE)] == ['weights', 'scene_predictor']
    assert load_part(tmp_path, VAE_FILE) == {'live': {'reader': 1}}
