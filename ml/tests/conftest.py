"""Shared paths, settings and fixtures of the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from atelier_ml.model.config import DiTConfig, TextEncoderConfig
from atelier_ml.model.dit import DiT
from atelier_ml.model.text_encoder import TextEncoder
from atelier_ml.training.config import RunConfig
from atelier_ml.training.objective import Objective
from atelier_ml.training.pool import LONGEST, Bucket, Pool
from atelier_ml.training.tokenizer import EOS, FIRST_NAME, PAD, load_tokenizer, train_tokenizer

# Threads do not help with tensors this small, and cost a lot when something else is using the cores.
torch.set_num_threads(1)


@pytest.fixture(scope='session')
def golden() -> Path:
    """The folder of golden files."""
    return Path(__file__).parent / 'golden'


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    yield
    # A training leaves the number of threads at what was fastest while it ran.
    torch.set_num_threads(1)


@pytest.fixture(scope='session')
def tokenizer(tmp_path_factory):
    """A tokenizer of the world of `nano`, from a few sentences."""
    path = tmp_path_factory.mktemp('tokenizer') / 'tokenizer.json'
    train_tokenizer(path, RunConfig.load('nano').world, examples=40)
    return load_tokenizer(path)


@pytest.fixture
def pool() -> Pool:
    """Random latents and texts in the groups create, semantic, layer and history."""
    generator = torch.Generator().manual_seed(1)
    latents = torch.randn(120, 16, 32, generator=generator).half()
    masks = torch.stack((torch.ones(16, 4), torch.zeros(16, 4))).to(torch.uint8)
    buckets = {
        'create': [_bucket((0,), generator)],
        'semantic': [_bucket((1,), generator)],
        'layer': [_bucket((2,), generator)],
        'history': [_bucket((1, 1), generator), _bucket((1, 1, 1), generator)],
    }
    labels = torch.randint(0, 5, (120, 16, 2), generator=generator, dtype=torch.uint8)
    return Pool(latents, labels, masks, buckets)


def _bucket(layout, generator, count=40, variants=2) -> Bucket:
    """Texts are `{image} … end`, and for the second image alone `{image1} … end`; every last image has the mask 1."""
    texts = torch.randint(90, 120, (count, len(layout), variants, LONGEST), generator=generator)
    texts[..., 0], texts[..., 3], texts[..., 4:] = FIRST_NAME + max(layout[-1] - 1, 0), EOS, PAD
    images = torch.randint(120, (count, sum(layout)), generator=generator)
    masks = torch.zeros_like(images)
    masks[:, -1:] = 1
    target = torch.randint(120, (count,), generator=generator)
    lengths = torch.full((count, len(layout), variants), 4)
    return Bucket(layout, target, images, masks, texts.to(torch.int16), lengths)


@pytest.fixture
def objective() -> Objective:
    """A small untrained objective that fits `pool`."""
    torch.manual_seed(0)
    dit = DiT(DiTConfig(in_channels=8, width=48, depth=2, heads=2, text_width=32, max_seq_len=16))
    text = TextEncoder(TextEncoderConfig(vocab=220, width=32, layers=1, heads=2, head_dim=16, ff=48))
    return Objective(dit, text, torch.tensor([[FIRST_NAME + k, EOS] for k in range(10)]), 4)


@pytest.fixture(scope='module')
def dit() -> DiT:
    """A small network in which every weight matters, for the sampler graphs."""
    torch.manual_seed(0)
    dit = DiT(DiTConfig(width=48, depth=2, heads=2, text_width=32, max_seq_len=64)).eval()
    for parameter in dit.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return dit
