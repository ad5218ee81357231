import json
import os
import random
import re
import shutil
from dataclasses import replace

import pytest
import torch

from atelier_ml.model.config import DiTConfig, TextEncoderConfig, VaeConfig
from atelier_ml.model.dit import DiT
from atelier_ml.model.patches import patchify
from atelier_ml.model.text_encoder import TextEncoder
from atelier_ml.model.vae import Vae
from atelier_ml.training import image_pool, thread_tuner
from atelier_ml.training.batches import draw_batch
from atelier_ml.training.clock import Clock
from atelier_ml.training.config import CONFIG_FOLDER, RunConfig
from atelier_ml.training.dit_training import add_gradients
from atelier_ml.training.ema import Ema
from atelier_ml.training.guided_prediction import guided_prediction
from atelier_ml.training.last_step_training import last_prediction
from atelier_ml.training.latent_masks import latent_masks
from atelier_ml.training.machine import Machine
from atelier_ml.training.networks import new_objective
from atelier_ml.training.objective import Objective
from atelier_ml.training.optimiser import Optimisers, orthogonalised
from atelier_ml.training.pool import LONGEST, Pool, Shelf, draw_examples, padded
from atelier_ml.training.sampled_latents import latent_image, sampled_latents
from atelier_ml.training.sampling_settings import SamplingSettings
from atelier_ml.training.token_reader import TokenReader
from atelier_ml.training.tokenizer import EOS, FIRST_NAME, INDICATORS, PAD, load_tokenizer, tokenise, train_tokenizer
from atelier_ml.world.scene import Background, Scene
from atelier_ml.world.unit import UnitImage
from atelier_ml.world.view import View

RULES = RunConfig.load('nano').world


@pytest.fixture(scope='module')
def tokenizer(tmp_path_factory):
    path = tmp_path_factory.mktemp('tokenizer') / 'tokenizer.json'
    train_tokenizer(path, RULES, examples=40)
    return load_tokenizer(path)


@pytest.fixture
def pool():
    draws = torch.Generator().manual_seed(1)
    latents = torch.randn(120, 16, 32, generator=draws).half()
    masks = torch.stack((torch.ones(16, 4), torch.zeros(16, 4))).to(torch.uint8)
    shelves = {
        'create': [shelf((0,), draws)],
        'semantic': [shelf((1,), draws)],
        'layer': [shelf((2,), draws)],
        'history': [shelf((1, 1), draws), shelf((1, 1, 1), draws)],
    }
    labels = torch.randint(0, 5, (120, 16, 2), generator=draws, dtype=torch.uint8)
    return Pool(latents, labels, masks, shelves)


def shelf(layout, draws, count=40, variants=2):
    """Texts are `{image} … end`, and of the second image alone `{image1} … end`; every last image has the mask 1."""
    texts = torch.randint(90, 120, (count, len(layout), variants, LONGEST), generator=draws)
    texts[..., 0], texts[..., 3], texts[..., 4:] = FIRST_NAME + max(layout[-1] - 1, 0), EOS, PAD
    images = torch.randint(120, (count, sum(layout)), generator=draws)
    masks = torch.zeros_like(images)
    masks[:, -1:] = 1
    target = torch.randint(120, (count,), generator=draws)
    lengths = torch.full((count, len(layout), variants), 4)
    return Shelf(layout, target, images, masks, texts.to(torch.int16), lengths)


@pytest.fixture
def objective():
    torch.manual_seed(0)
    dit = DiT(DiTConfig(in_channels=8, width=48, depth=2, heads=2, text_width=32, max_seq_len=16))
    text = TextEncoder(TextEncoderConfig(vocab=220, width=32, layers=1, heads=2, head_dim=16, ff=48))
    return Objective(dit, text, torch.tensor([[FIRST_NAME + k, EOS] for k in range(10)]), 4)


def test_known_words_and_image_names_are_one_piece_each(tokenizer):
    ids = tokenise(tokenizer, ['Make {image} GREEN', 'make {image3} green'], 20)
    assert len(ids[0]) == 4 and ids[0][-1] == EOS
    assert ids[0][0] == ids[1][0] and ids[0][2] == ids[1][2]
    assert [ids[0][1], ids[1][1]] == [FIRST_NAME, FIRST_NAME + 3]
    assert [row[0] for row in tokenise(tokenizer, list(INDICATORS), 2)] == list(range(FIRST_NAME, FIRST_NAME + 10))


def test_unknown_words_become_letters_and_long_texts_keep_their_end(tokenizer):
    (zebra,) = tokenise(tokenizer, ['zebra'], 20)
    assert len(zebra) == 7
    (long,) = tokenise(tokenizer, ['red ' * 100], 20)
    assert len(long) == 20 and long[-1] == EOS


@pytest.mark.parametrize('name', ['nano', 'mini'])
def test_what_a_manifest_suggests_is_made_of_the_world_s_words(tmp_path, name):
    path = tmp_path / 'tokenizer.json'
    train_tokenizer(path, RunConfig.load(name).world, examples=40)
    words = json.loads((CONFIG_FOLDER / f'{name}.manifest.json').read_text())
    for text in (*words['examples'], *words['vocabulary']):
        # What shall be written in a picture is spelled, whatever it is.
        (pieces,) = tokenise(load_tokenizer(path), [re.sub(r' "[a-z]+"', '', text)], LONGEST)
        assert min(pieces[:-1]) >= FIRST_NAME + 10, f'{text} is not in whole words'


def test_batches_have_one_layout_and_name_the_right_frame(pool):
    draws = torch.Generator().manual_seed(2)
    for _ in range(20):
        batch = draw_batch(pool, 'history', 24, 0.0, draws)
        conditions = batch.conditions.shape[1]
        assert batch.segment == (0, *range(1, conditions), 0)
        # Every text names its own frame.
        assert (batch.ids[:, 0, 0] == FIRST_NAME + conditions - 1).all()
        assert all((batch.ids[:, text, 0] == FIRST_NAME + text - 1).all() for text in range(1, conditions))
        # The last image is the one that is edited: the target has its mask.
        assert (batch.masks[:, 0] == 0).all() and (batch.masks[:, -1] == 0).all()
    assert draw_batch(pool, 'create', 8, 0.0, draws).conditions.shape == (8, 0, 16, 32)
    assert (draw_batch(pool, 'create', 8, 0.0, draws).masks == 1).all()


def test_turns_of_other_conversations_come_before_some_edits(pool):
    draws = torch.Generator().manual_seed(8)
    earlier = []
    for _ in range(80):
        batch = draw_batch(pool, 'layer', 4, 0.0, draws)
        before = batch.conditions.shape[1] - 2
        earlier.append(before)
        assert batch.current == 1 + before and batch.segment == (0, *range(1, before + 1), before + 1, 0)
        # The current unit's texts name its second image, wherever it stands; the mask is that of its first.
        assert (batch.ids[:, [0, -1], 0] == FIRST_NAME + before + 1).all() and (batch.masks[:, 0] == 1).all()
    assert 4 <= sum(before > 0 for before in earlier) <= 28 and max(earlier) >= 2


def test_of_two_images_guidance_empties_the_last_one_s_text_alone(pool):
    batch = draw_batch(pool, 'layer', 24, 1.0, torch.Generator().manual_seed(2))
    assert batch.segment == (0, 1, 0)
    assert (batch.ids[:, 0, 0] == EOS).all() and (batch.ids[:, 1, 0] == FIRST_NAME + 1).all()
    # The target has the mask of the first of them.
    assert (batch.masks[:, :2] == 1).all() and (batch.masks[:, 2] == 0).all()


def test_the_pool_of_images_is_drawn_on_the_device(monkeypatch):
    drawn = []

    def draw(items, side, device):
        drawn.append((len(items), device))
        return torch.zeros(len(items), 3, side, side)

    monkeypatch.setattr(image_pool, 'draw_images', draw)
    images = [UnitImage(View(Scene(Background())))] * 1500
    pool = image_pool.draw_image_pool(images, 4, Machine('cuda'))
    assert (pool == 128).all() and pool.device.type == 'cpu'
    assert drawn == [(1024, 'cuda'), (476, 'cuda')]


def test_latent_masks_are_the_pipeline_s():
    marks = torch.zeros(4, 32, 32)
    marks[1, 4, 20] = 1  # under the centre of a latent pixel
    marks[2, 1, 9] = 1  # under none: the pixel that holds it
    marks[3, :16] = 1
    small = latent_masks(marks, 8)[:, 0]
    assert (small[0] == 1).all()
    assert small[1].nonzero().tolist() == [[0, 2]] and small[2].nonzero().tolist() == [[0, 1]]
    assert (small[3, :2] == 1).all() and (small[3, 2:] == 0).all()


def test_dropped_texts_are_the_end_alone(pool):
    batch = draw_batch(pool, 'history', 24, 1.0, torch.Generator().manual_seed(3))
    assert (batch.ids[:, 0, 0] == EOS).all() and (batch.ids[:, 0, 1:] == PAD).all() and (batch.lengths[:, 0] == 1).all()
    assert (batch.lengths[:, 1:] == 4).all()


def test_the_objective_is_the_weighted_error_of_the_velocity(pool, objective):
    batch = draw_batch(pool, 'semantic', 6, 0.0, torch.Generator().manual_seed(4))
    noise = torch.randn(batch.target.shape)
    timestep = torch.full((6,), 500)
    loss, error = objective(batch, timestep, noise)
    # An untrained network says zero.
    velocity = objective.alphas[500] * noise - objective.sigmas[500] * batch.target
    assert torch.isclose(error, velocity.square().mean(), rtol=1e-5)
    assert torch.isclose(loss, error * objective.weights[500], rtol=1e-5)
    assert (objective.weights <= 1).all() and (objective.weights[600:] == 1).all() and objective.weights[20] < 0.1


def test_questions_add_their_share_to_the_loss(pool, objective):
    objective.reader = TokenReader(48, torch.eye(32)[:4], torch.eye(32)[4:8])
    batch = draw_batch(pool, 'semantic', 6, 0.0, torch.Generator().manual_seed(4))
    batch = replace(batch, labels=batch.labels[..., :1].clamp(max=3).expand(-1, -1, -1, 5).contiguous())
    noise, timestep = torch.randn(batch.target.shape), torch.full((6,), 500)
    losses = []
    for weight in (0, 0.1, 0.2):
        objective.questions = weight
        loss, error = objective(batch, timestep, noise)
        losses.append((loss - error * objective.weights[500]).item())
    assert losses[0] == pytest.approx(0, abs=1e-6) and losses[1] > 0.01
    assert losses[2] == pytest.approx(2 * losses[1], rel=1e-4)


def test_the_parts_of_a_batch_have_its_loss_and_gradients(pool, objective):
    # An untrained way out gives nothing behind it a gradient.
    torch.nn.init.normal_(objective.dit.final_layer.linear.weight, std=0.1)
    batch = draw_batch(pool, 'layer', 120, 0.1, torch.Generator().manual_seed(6))
    timestep, noise = torch.arange(120) * 8, torch.randn(batch.target.shape)
    loss, _ = objective(batch, timestep, noise)
    loss.backward()
    whole = [each.grad.clone() for each in objective.dit.parameters() if each.grad is not None]
    objective.zero_grad()
    passes = []
    hook = objective.register_forward_hook(lambda _, inputs, __: passes.append(len(inputs[1])))
    total = add_gradients(objective, batch, timestep, noise, Machine('cpu', bfloat16=False))
    hook.remove()
    assert sum(passes) == 120 and len(passes) > 1 and max(passes) * 16 * len(batch.segment) <= 4096
    assert total == pytest.approx(loss.item(), rel=1e-4)
    parts = [each.grad for each in objective.dit.parameters() if each.grad is not None]
    assert len(parts) == len(whole) > 20
    for own, expected in zip(parts, whole, strict=True):
        assert torch.allclose(own, expected, rtol=1e-3, atol=1e-5)


def test_compiled_blocks_compute_the_same(pool, objective, monkeypatch):
    torch.nn.init.normal_(objective.dit.final_layer.linear.weight, std=0.1)
    batch = draw_batch(pool, 'layer', 8, 0.0, torch.Generator().manual_seed(9))
    timestep, noise = torch.arange(8) * 120, torch.randn(batch.target.shape)

    def loss_and_gradients():
        objective.zero_grad()
        loss, _ = objective(batch, timestep, noise)
        loss.backward()
        return loss.item(), [each.grad.clone() for each in objective.dit.blocks.parameters()]

    plain, wanted = loss_and_gradients()
    (block, *_) = objective.dit.blocks
    forward, machine = block.forward, Machine('cpu', bfloat16=False)
    monkeypatch.setenv('CXX', 'no-such-compiler')
    machine.compile([block])
    assert block.forward == forward
    monkeypatch.undo()
    if shutil.which(os.environ.get('CXX', 'g++')) is None:
        pytest.skip('there is no C++ compiler to fuse with')
    machine.compile([block])
    assert block.forward != forward
    fused, got = loss_and_gradients()
    assert fused == pytest.approx(plain, rel=1e-5)
    for own, expected in zip(got, wanted, strict=True):
        assert torch.allclose(own, expected, rtol=1e-3, atol=1e-5)


def test_training_steps_lower_the_error(pool, objective):
    optimiser = Optimisers([objective.dit, objective.text_encoder], 3e-3, 2.0, 0.0)
    draws = torch.Generator().manual_seed(5)
    losses = []
    for _ in range(40):
        batch = draw_batch(pool, random.Random(len(losses)).choice(('create', 'semantic')), 16, 0.1, draws)
        # One picture for all, for nothing can be learned of random ones.
        batch = replace(batch, target=torch.ones_like(batch.target))
        timestep = torch.randint(600, 1000, (len(batch.target),), generator=draws)
        loss, error = objective(batch, timestep, torch.randn(batch.target.shape, generator=draws))
        loss.backward()
        optimiser.step(1.0)
        losses.append(error.item())
    assert sum(losses[-5:]) < 0.6 * sum(losses[:5])


def test_the_last_step_s_prediction_is_where_an_unguided_sampler_ends(pool, objective):
    torch.nn.init.normal_(objective.dit.final_layer.linear.weight, std=0.3)
    batch = draw_batch(pool, 'semantic', 4, 0.0, torch.Generator().manual_seed(6))
    noise = torch.randn(batch.target.shape)
    settings = {'steps': 4, 'guidance': 1.0, 'rescale': 0.0}
    (before, earlier), (end, clean) = (
        sampled_latents(objective, batch, noise, 4, settings, Machine('cpu', bfloat16=False), left) for left in (1, 0)
    )
    assert torch.equal(end, clean) and not torch.allclose(earlier, clean, atol=0.1)
    assert not torch.allclose(before, end, atol=0.1)
    predicted = last_prediction(objective, batch, patchify(before), 249)
    assert torch.allclose(predicted, end, atol=1e-4)


def test_a_step_outside_of_the_interval_is_not_guided(pool, objective):
    # No layer is silent, so that the words say something.
    for parameter in objective.dit.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    batch = draw_batch(pool, 'semantic', 4, 0.0, torch.Generator().manual_seed(6))
    predict = guided_prediction(objective, batch, 4, 3.0, 0.0, unguided=[249.0])
    always = guided_prediction(objective, batch, 4, 3.0, 0.0)
    never = guided_prediction(objective, batch, 4, 1.0, 0.0)
    x = latent_image(torch.randn(batch.target.shape), 4, 2)
    with torch.no_grad():
        assert torch.equal(predict(x, 749.0), always(x, 749.0))
        assert torch.allclose(predict(x, 249.0), never(x, 249.0), atol=1e-5)
        assert not torch.allclose(always(x, 249.0), never(x, 249.0), atol=1e-3)


def test_runs_are_sampled_as_their_model_will_be():
    settings = SamplingSettings.of(RunConfig.load('nano'))
    defaults = json.loads((CONFIG_FOLDER / 'nano.manifest.json').read_text())['defaults']
    assert (settings.steps, settings.scale) == (defaults['steps'], defaults['guidanceScale'])
    assert list(settings.interval) == defaults['guidanceInterval']
    assert [settings.is_guided(index) for index in range(4)] == [True, True, True, False]
    other = SamplingSettings.of(replace(RunConfig.load('nano'), name='mine'))
    assert other == SamplingSettings(20, 4.5, 0.5, None) and all(map(other.is_guided, range(20)))


def test_orthogonalised_has_singular_values_near_one():
    values = torch.linalg.svdvals(orthogonalised(torch.randn(2, 24, 64)))
    assert values.min() > 0.4 and values.max() < 1.4


def test_ema_follows_and_copies_are_apart():
    module = torch.nn.Linear(2, 2)
    ema = Ema({'m': module}, 0.5)
    before = ema.copy()
    with torch.no_grad():
        module.weight.fill_(4.0)
    for _ in range(50):
        ema.update()
    assert torch.allclose(ema.copy()['m']['weight'], module.weight, atol=1e-3)
    assert not torch.allclose(before['m']['weight'], module.weight)


def test_the_rate_follows_the_clock():
    clock = Clock(100.0)
    clock.step = 1000
    clock.spent = 0.0
    assert clock.rate(10) == pytest.approx(1.0)
    clock.spent = 100.0
    assert clock.over and clock.rate(10) == pytest.approx(0.02)


def test_a_step_that_compiles_does_not_choose_the_threads(monkeypatch):
    threads, now = torch.get_num_threads(), [0.0]
    monkeypatch.setattr(os, 'sched_getaffinity', lambda _: {0, 1})
    monkeypatch.setattr(thread_tuner.time, 'monotonic', lambda: now[0])
    try:
        tuner = thread_tuner.ThreadTuner()
        chosen = []
        for seconds in (2, 2, 2, 2, 2, 30, 1, 1, 1, 1, 1):
            chosen.append(torch.get_num_threads())
            now[0] += seconds
            tuner.step()
        assert chosen == [1] * 5 + [2] * 6
    finally:
        torch.set_num_threads(threads)


def test_padding():
    ids, lengths = padded([[5, 1], [7, 8, 1]], 4)
    assert ids.tolist() == [[5, 1, 0, 0], [7, 8, 1, 0]] and lengths.tolist() == [2, 3]


@pytest.mark.parametrize(('name', 'most'), [('nano', 7.1e6), ('mini', 21e6)])
def test_configs_make_networks_of_the_promised_size(tokenizer, name, most):
    config = RunConfig.load(name)
    objective = new_objective(config, tokenizer)
    weights = [*objective.parameters(), *Vae(VaeConfig.from_dict(config.vae)).parameters()]
    assert sum(weight.numel() for weight in weights) <= most
    assert config.dit['max_seq_len'] == config.grid**2


def test_a_new_text_encoder_tells_word_order(tokenizer):
    torch.manual_seed(0)
    objective = new_objective(RunConfig.load('nano'), tokenizer)
    ids, lengths = padded(tokenise(tokenizer, ['red star blue', 'blue star red'], 4), 4)
    hidden = objective.text_encoder(ids, torch.ones_like(ids))
    assert lengths.tolist() == [4, 4]
    # The word in the middle is the same, its neighbours have changed places.
    assert (hidden[0, 1] - hidden[1, 1]).abs().mean() > 0.2


def test_training_may_draw_another_world_than_tests():
    raw = RunConfig.load('nano').raw
    raw = raw | {'training': raw['training'] | {'world': {'fills': {'dotted': 1}}, 'mixture': {'create': 1}}}
    config = RunConfig.from_json(raw)

    def fills(split):
        rows = draw_examples(config, 60, split)['create']
        return {thing.fill for example in rows for thing in example.target.scene.things}

    # Where a pattern would hide a thing, or most colours, it stays plain.
    assert 'striped' not in fills('train') and 'striped' in fills('test')
    assert config.world.fills['plain'] == 0.8 and config.training_world.sizes == config.world.sizes
