"""The networks of ACE (https://arxiv.org/abs/2410.00086), with the parameter names of the published checkpoints, and
the sampler."""

from .config import DiTConfig, TextEncoderConfig, VaeConfig
from .dit import DiT
from .layout import FrameLayout
from .patches import patchify, unpatchify
from .scheduler import NoiseSchedule, SamplingSteps
from .text_encoder import TextEncoder
from .vae import Vae

__all__ = [
    'DiT',
    'DiTConfig',
    'FrameLayout',
    'NoiseSchedule',
    'SamplingSteps',
    'TextEncoder',
    'TextEncoderConfig',
    'Vae',
    'VaeConfig',
    'patchify',
    'unpatchify',
]
