"""The networks, split into the modules that become graphs. Argument names are the graphs' input names."""

from __future__ import annotations

import torch
from torch import nn

from ..model.config import DiTConfig
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
        history: torch.Tensor,
        keep_from: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As `DiT.step`, with `target_tokens [1]` int64; of its keys and values those of the tokens from
        `keep_from [1]` int64 on, `[2 * depth, B, N - keep_from, D]`: the `history` of steps after this one."""
        count, first = target_tokens.item(), keep_from.item()
        torch._check(count >= 1)
        torch._check(count <= patches.shape[1])
        torch._check(first >= 0)
        torch._check(first <= patches.shape[1])
        text = (keys, values, text_lengths, indicator_embedding, frame_slots, token_slot)
        eps, made = self.dit.step(patches, positions, timestep, *text, count, history)
        kept = torch.cat([each[:, first:] for each in made])
        return eps, kept.unflatten(0, (len(made), -1))


def no_history(config: DiTConfig, batch: int, tokens: int) -> dict[str, torch.Tensor]:
    """The denoiser's inputs for a step that computes all of its `tokens` and keeps nothing."""
    return {'history': torch.zeros(2 * config.depth, batch, 0, config.width), 'keep_from': torch.tensor([tokens])}


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
