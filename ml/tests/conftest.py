"""Shared paths and settings of the tests."""

from pathlib import Path

import pytest
import torch

# Tensors this small gain nothing from threads, and lose much when something else is using the cores.
torch.set_num_threads(1)


@pytest.fixture(scope='session')
def golden() -> Path:
    """The folder of golden files."""
    return Path(__file__).parent / 'golden'


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)
