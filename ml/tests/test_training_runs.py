"""Whole trainings of the smallest of networks: resumed, stopped, and begun from a model folder."""

import csv
import json
import os
import signal
from pathlib import Path

import pytest
import torch
from PIL import Image

from atelier_ml.cli import main
from atelier_ml.export.export_folder import export_folder
from atelier_ml.export.read_folder import ReadFolderError, copy_embeddings, read_text_encoder
from atelier_ml.model import DiT, DiTConfig, TextEncoder, TextEncoderConfig, Vae, VaeConfig
from atelier_ml.training import check as check_module
from atelier_ml.training import dit_training
from atelier_ml.training.checkpoint import (
    CHECKPOINT_FILE,
    DECODER_FILE,
    LAST_STEP_FILE,
    STATES_FILE,
    TOKENIZER_FILE,
    VAE_FILE,
    load_trained,
)
from atelier_ml.training.clock import Clock
from atelier_ml.training.config import RunConfig
from atelier_ml.training.image_pool import draw_image_pool
from atelier_ml.training.machine import best_machine
from atelier_ml.training.stop_signal import stop_signal
from atelier_ml.training.tokenizer import load_tokenizer, train_tokenizer
from atelier_ml.training.vae_training import detail_weights, training_pictures
from atelier_ml.training.warm_start import start_denoiser
from atelier_ml.world.sampling import random_scene
from atelier_ml.world.seeds import scene_random
from atelier_ml.world.tasks import GROUPS, TASKS
from atelier_ml.world.unit import UnitImage
from atelier_ml.world.view import View


@pytest.fixture(scope='module')
def config_file(tmp_path_factory) -> Path:
    raw = dict(RunConfig.load('nano').raw)
    raw |= {
        'side': 32,
        'world': raw['world'] | {'backgrounds': {'plain': 1.0}},
        'vae': {'ch': 8, 'mult': [1, 1, 1, 1], 'res_blocks': 1, 'z_channels': 2, 'norm_groups': 1, 'refiner_blocks': 1},
        'dit': {'in_channels': 2, 'width': 24, 'depth': 2, 'heads': 1, 'patch': 2, 'text_width': 16, 'max_seq_len': 16},
        'text': {'width': 16, 'layers': 1, 'heads': 2, 'head_dim': 8, 'ff': 32},
    }
    raw['vaeTraining'] = raw['vaeTraining'] | {'batch': 4, 'pictures': 64}
    raw['textTraining'] = raw['textTraining'] | {'batch': 8, 'examples': 60}
    raw['training'] = raw['training'] | {'batch': 8, 'examples': 60, 'texts': 1, 'tasks': {}, 'world': {}}
    raw['training'] |= {'compile': False, 'mixture': {'create': 1, 'element': 1, 'history': 1}}
    raw['decoderTraining'] = raw['decoderTraining'] | {'batch': 8, 'examples': 60}
    last_step = {'examples': 40, 'warmup': 1, 'mixture': raw['training']['mixture']}
    raw['lastStepTraining'] = raw['lastStepTraining'] | last_step
    path = tmp_path_factory.mktemp('config') / 'small.json'
    path.write_text(json.dumps(raw))
    return path


def _networks(config: RunConfig, vocab: int) -> tuple[DiT, Vae, TextEncoder]:
    networks = (
        DiT(DiTConfig.from_dict(config.dit)),
        Vae(VaeConfig.from_dict(config.vae)),
        TextEncoder(TextEncoderConfig.from_dict({**config.text, 'vocab': vocab})),
    )
    # As after a training: no two weights are equal, and no layer is silent.
    for network in networks:
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
    return networks


@pytest.fixture(scope='module')
def shipped(config_file, tmp_path_factory):
    """A model folder with the tokenizer of few sentences, and the networks it was made of."""
    torch.manual_seed(3)
    config = RunConfig.load(str(config_file))
    folder = tmp_path_factory.mktemp('shipped')
    tokenizer = folder / 'few.json'
    train_tokenizer(tokenizer, config.world, examples=1)
    networks = _networks(config, load_tokenizer(tokenizer).get_vocab_size())
    fields = {'name': 'small', 'title': 'Small', 'description': 'for tests', 'latentScale': 0.75}
    export_folder(folder / 'model', *networks, tokenizer, fields)
    return folder / 'model', networks


@pytest.fixture(autouse=True)
def _steps_of_equal_length(monkeypatch) -> None:
    """A step takes a twentieth of a second by the clock, so that every machine makes as many."""

    def tick(clock: Clock) -> None:
        clock.spent += 0.05
        clock.step += 1

    monkeypatch.setattr(Clock, 'tick', tick)


def _longer(state: dict) -> str:
    """Minutes that leave something to do after a piece."""
    return str(state['seconds'] / 60 + 0.005)


def _heads_differ(earlier: dict, later: dict) -> bool:
    """Whether a training changed the auxiliary heads."""
    heads = later['live']['auxiliary_heads']
    return any(not torch.equal(value, heads[name]) for name, value in earlier['live']['auxiliary_heads'].items())


def test_trainings_begin_from_a_folder_and_go_on(config_file, shipped, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(dit_training, '_ROW_EVERY', 0.0)
    folder, (dit, vae, encoder) = shipped
    run, config = tmp_path / 'run', RunConfig.load(str(config_file))
    run.mkdir()
    train_tokenizer(run / TOKENIZER_FILE, config.world, examples=8)
    common = ['--config', str(config_file), '--run', str(run)]
    assert main(['train-vae', *common, '--from', str(folder), '--minutes', '0']) == 0
    assert main(['train-text', *common, '--from', str(folder), '--minutes', '0']) == 0
    assert main(['train', *common, '--from', str(folder), '--minutes', '0']) == 0
    seen = torch.load(run / VAE_FILE, weights_only=True)
    first = torch.load(run / CHECKPOINT_FILE, weights_only=True)
    assert seen['latent_scale'] == 0.75 and (seen['step'], first['step']) == (0, 0)
    for network, weights in ((vae, seen['weights']), (dit, first['ema']['dit'])):
        for name, value in network.named_parameters():
            assert torch.allclose(weights[name], value, atol=2e-3), name
    text = first['ema']['text_encoder']
    for name, value in encoder.encoder.named_parameters():
        assert torch.allclose(text[f'encoder.{name}'], value, atol=2e-3), name
    few, more = load_tokenizer(folder / 'tokenizer.json'), load_tokenizer(run / TOKENIZER_FILE)
    places = [(more.token_to_id(piece), index) for piece, index in few.get_vocab().items()]
    places = [(new, old) for new, old in places if new is not None]
    assert len(places) > 80 and any(new != old for new, old in places)
    for new, old in places:
        assert torch.allclose(text['shared.weight'][new], encoder.shared.weight[old], atol=2e-3)

    assert main(['train', *common, '--resume', '--minutes', '0.01']) == 0
    second = torch.load(run / CHECKPOINT_FILE, weights_only=True)
    assert second['step'] > 0 and second['seconds'] >= 0.6
    changed = [
        name for name, value in second['live']['dit'].items() if not torch.equal(value, first['live']['dit'][name])
    ]
    assert changed
    for part in ('live', 'ema'):
        for name, value in second[part]['text_encoder'].items():
            assert torch.equal(value, text[name]), 'the text encoder is frozen'
    assert _heads_differ(first, second)
    # With another mixture and without the auxiliary losses, as a later part of a run may be.
    another = tmp_path / 'another.json'
    other = {'mixture': {'history': 1.0}, 'auxiliaryWeight': 0}
    another.write_text(json.dumps(config.raw | {'training': config.training | other}))
    on = ['--config', str(another), '--run', str(run), '--resume', '--minutes', _longer(second)]
    assert main(['train', *on]) == 0
    third = torch.load(run / CHECKPOINT_FILE, weights_only=True)
    assert third['step'] > second['step']
    assert not _heads_differ(second, third), 'it was asked nothing'
    with (run / 'losses.csv').open(newline='') as file:
        losses = list(csv.DictReader(file))
    assert list(losses[0]) == ['step', 'seconds', *GROUPS]
    assert losses[-1].pop('history') and int(losses[-1].pop('step')) >= second['step']
    assert not any(losses[-1][group] for group in GROUPS if group != 'history')
    chart = tmp_path / 'chart.png'
    assert main(['loss-chart', '--run', str(run), '--out', str(chart)]) == 0
    with Image.open(chart) as drawn:
        assert len(drawn.convert('RGB').getcolors()) > 5

    assert main(['train-decoder', *common, '--minutes', '0.01']) == 0
    decoder = torch.load(run / DECODER_FILE, weights_only=True)
    assert decoder['step'] > 0
    drawn = (run / 'drawings.pt').stat().st_mtime_ns
    assert main(['train-decoder', *common, '--resume', '--minutes', _longer(decoder)]) == 0
    assert torch.load(run / DECODER_FILE, weights_only=True)['step'] > decoder['step']
    assert (run / 'drawings.pt').stat().st_mtime_ns == drawn, 'the same drawings'
    for name, value in load_trained(run).vae.items():
        is_decoder = name.startswith(('decoder.', 'post_quant_conv.'))
        assert torch.equal(value, seen['weights'][name]) != is_decoder, name

    assert main(['train-last-step', *common, '--minutes', '0.02']) == 0
    states = (run / STATES_FILE).stat().st_mtime_ns
    last = torch.load(run / LAST_STEP_FILE, weights_only=True)
    assert main(['train-last-step', *common, '--resume', '--minutes', _longer(last)]) == 0
    assert torch.load(run / LAST_STEP_FILE, weights_only=True)['step'] > last['step'] > 0
    assert (run / STATES_FILE).stat().st_mtime_ns == states, 'the same states'
    before, after = load_trained(run, last_step=False), load_trained(run)
    third = torch.load(run / CHECKPOINT_FILE, weights_only=True)
    assert all(torch.equal(value, third['ema']['dit'][name]) for name, value in before.dit.items())
    assert any(not torch.equal(value, before.dit[name]) for name, value in after.dit.items())
    changed = {name.split('.')[0] for name, value in after.vae.items() if not torch.equal(value, before.vae[name])}
    assert changed == {'decoder', 'post_quant_conv'}

    assert main(['train-vae', *common, '--resume', '--minutes', '0.01']) == 0
    seen = torch.load(run / VAE_FILE, weights_only=True)
    assert seen['latent_scale'] == 0.75 and seen['step'] > 0
    assert not (run / DECODER_FILE).exists(), 'it drew the latents of another encoder'
    assert not (run / LAST_STEP_FILE).exists()


def test_a_folder_of_another_size_is_refused(config_file, shipped) -> None:
    config = RunConfig.load(str(config_file))
    with pytest.raises(ReadFolderError, match='depth, width and sizes'):
        read_text_encoder(shipped[0], TextEncoder(TextEncoderConfig.from_dict({**config.text, 'ff': 48, 'vocab': 9})))


def test_a_denoiser_of_other_latents_takes_all_but_its_ends(config_file, shipped) -> None:
    folder, (shipped_dit, *_) = shipped
    config = RunConfig.load(str(config_file))
    dit = DiT(DiTConfig.from_dict({**config.dit, 'in_channels': config.dit['in_channels'] + 2}))
    untouched = {name: value.clone() for name, value in dit.state_dict().items()}
    start_denoiser(folder, dit)
    taken = shipped_dit.state_dict()
    for name, value in dit.state_dict().items():
        is_end = name.startswith(('x_embedder.', 'final_layer.linear.'))
        assert torch.allclose(value, untouched[name] if is_end else taken[name], atol=2e-3), name


def test_new_pieces_get_the_scale_of_the_old() -> None:
    rows = torch.randn(50, 8)
    old = 7 * torch.randn(2, 8)
    assert copy_embeddings(old, ['b', 'gone'], rows, ['a', 'b', *map(str, range(48))]) == 1
    assert torch.equal(rows[1], old[0])
    assert rows[2:].std().item() == pytest.approx(old.std().item(), rel=0.15)


def test_sigterm_asks_for_the_end_and_the_old_handler_comes_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_signal() as stop:
        assert not stop.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.asked
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_stopped_training_saves_and_can_be_looked_at(config_file, shipped, tmp_path, monkeypatch, capsys) -> None:
    common = ['--config', str(config_file), '--run', str(tmp_path)]
    (tmp_path / TOKENIZER_FILE).write_bytes((shipped[0] / 'tokenizer.json').read_bytes())
    assert main(['train-vae', *common, '--minutes', '0']) == 0
    assert main(['train', *common, '--minutes', '60']) == 2
    assert 'train-text --run' in capsys.readouterr().err
    assert main(['train-text', *common, '--minutes', '0']) == 0
    tick = Clock.tick

    def third_step_is_the_last(clock: Clock) -> None:
        tick(clock)
        if clock.step == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Clock, 'tick', third_step_is_the_last)
    assert main(['train', *common, '--minutes', '60']) == 0
    assert torch.load(tmp_path / CHECKPOINT_FILE, weights_only=True)['step'] == 3

    assert main(['sample-sheet', '--run', str(tmp_path), '--steps', '1']) == 0
    with Image.open(tmp_path / 'sheets' / 'sheet.png') as sheet:
        assert sheet.width > 1000 and len(sheet.getcolors(1 << 20)) > 1000
    tasks = ('create-one', 'inpaint', 'put-in')
    monkeypatch.setattr(check_module, 'TASKS', {task: TASKS[task] for task in tasks})
    assert main(['check', '--run', str(tmp_path), '--cases', '2', '--steps', '1']) == 0
    marks = json.loads((tmp_path / 'check.json').read_text())['tasks']
    assert set(marks) == {*tasks, 'held-out'}
    # An untrained autoencoder lets nothing through.
    assert all(row['passed'] == row['ceiling'] == 0 and row['l1'] > 0.05 for row in marks.values())
    assert '| put-in | 0 |' in capsys.readouterr().out


def test_small_things_count_as_much_as_big_ones() -> None:
    pictures = -torch.ones(2, 3, 32, 32)
    pictures[0, :, 4:7, 4:7] = 1
    pictures[1, :, 4:28, 4:28] = 1
    weights = detail_weights(pictures, 2.0)
    assert weights.min() == 1
    assert torch.allclose(weights.mean(dim=(1, 2, 3)), torch.tensor([3.0, 3.0]), atol=0.3)
    assert weights[0, 0, 5, 5] > 2 * weights[1, 0, 4, 16]


def test_every_tenth_picture_has_an_erased_region_and_views_are_among_them(config_file) -> None:
    config, machine = RunConfig.load(str(config_file)), best_machine()
    pictures = training_pictures(config, 'train', 40, machine)
    black = (pictures == 0).all(1).flatten(1).float().mean(1)
    assert (black[9::10] > 0.1).all()
    assert torch.equal(pictures, training_pictures(config, 'train', 40, machine))
    drawn = [UnitImage(View(random_scene(scene_random('train', index), config.world))) for index in range(40)]
    scenes = draw_image_pool(drawn, config.side, machine)
    plain = [index for index in range(40) if index % 3 != 2 and index % 10 != 9]
    views = [index for index in range(40) if index % 3 == 2]
    assert torch.equal(pictures[plain], scenes[plain])
    assert not any(torch.equal(pictures[index], scenes[index]) for index in views)
