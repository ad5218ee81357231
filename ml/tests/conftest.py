"""Shared paths and settings of the tests."""

from pathlib import Path

import pytest
import torch


@pytest.fixture(scope='session')
def golden() -> Path:
    """The folder of golden files."""
    return Path(__file__).parent / 'golden'


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)
