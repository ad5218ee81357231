"""The networks, split into the modules that become graphs. Argument names are the graphs' input names."""

from __future__ import annotations

import torch
from torch import nn

from ..model.dit import DiT
from ..model.vae import Vae


class Conditioner(nn.Module):
    """The part of a DiT that runs once per generation."""

    def __init__(self, dit: DiT) -> None:
        super().__init__()
        self.dit = dit

    def forward(self, text: torch.Tensor, indicators: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """As `DiT.condition`."""
        return self.dit.condition(text, indicators)


class Denoiser(nn.Module):
    """The part of a DiT that runs at each step."""

    def __init__(self, dit: DiT) -> None:
        super().__init__()
        self.dit = dit

    def forward(
        self,
        patches: torch.Tensor,
        positions: torch.Tensor,
        timestep: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        text_lengths: torch.Tensor,
        indicator_embedding: torch.Tensor,
        frame_slots: torch.Tensor,
        token_slot: torch.Tensor,
        target_tokens: torch.Tensor,
    ) -> torch.Tensor:
        """As `DiT.forward`, with `target_tokens [1]` int64."""
        count = target_tokens.item()
        torch._check(count >= 1)
        torch._check(count <= patches.shape[1])
        return self.dit(
            patches,
            positions,
            timestep,
            keys,
            values,
            text_lengths,
            indicator_embedding,
            frame_slots,
            token_slot,
            count,
        )


class VaeEncoder(nn.Module):
    """Image → mean latent, unscaled."""

    def __init__(self, vae: Vae) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """As `Vae.encode`."""
        return self.vae.encode(image)


class VaeDecoder(nn.Module):
    """Latent, divided by the latent scale → image."""

    def __init__(self, vae: Vae) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        """As `Vae.decode`."""
        return self.vae.decode(latent)
