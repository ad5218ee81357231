"""Sizes of the three networks. The defaults are those of the published ACE-0.6B models."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


class _Config:
    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON and checkpoints."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]):
        """The inverse of `to_dict`. Raises TypeError on an unknown key."""
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


@dataclass(frozen=True)
class DiTConfig(_Config):
    """Sizes of the diffusion transformer. `in_channels`: latent channels, not counting the mask channel."""

    in_channels: int = 4
    width: int = 1152
    depth: int = 28
    heads: int = 16
    patch: int = 2
    mlp_ratio: float = 4.0
    text_width: int = 4096
    max_seq_len: int = 1024
    pred_sigma: bool = True

    def __post_init__(self) -> None:
        if self.width % self.heads or self.head_dim % 2:
            raise ValueError(f'width {self.width} must be an even multiple of heads {self.heads}')

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads

    @property
    def patch_width(self) -> int:
        """Values per input patch: latent channels and the mask channel, for patch × patch pixels."""
        return self.patch * self.patch * (self.in_channels + 1)

    @property
    def eps_width(self) -> int:
        """Values per output patch, without the learned variance."""
        return self.patch * self.patch * self.in_channels


@dataclass(frozen=True)
class VaeConfig(_Config):
    """Sizes of the autoencoder, which downscales by `2 ** (len(mult) - 1)`.

    `norm_groups`: number of groups of every group norm; None: 32, or groups of four channels below 32 channels.
    `refiner_blocks`: residual blocks of the decoder's `Refiner`; 0: none, as in the published model.
    """

    ch: int = 128
    mult: tuple[int, ...] = (1, 2, 4, 4)
    res_blocks: int = 2
    z_channels: int = 4
    in_channels: int = 3
    norm_groups: int | None = None
    refiner_blocks: int = 0

    @property
    def downscale(self) -> int:
        """Image pixels per latent pixel, along one side."""
        return 2 ** (len(self.mult) - 1)


@dataclass(frozen=True)
class TextEncoderConfig(_Config):
    """Sizes of the T5 v1.1 encoder."""

    vocab: int = 32128
    width: int = 4096
    layers: int = 24
    heads: int = 64
    head_dim: int = 64
    ff: int = 10240
    buckets: int = 32
    max_distance: int = 128
