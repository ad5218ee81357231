"""ACE's diffusion transformer."""

from __future__ import annotations

import torch
from torch import nn

from .block import Block, modulate
from .config import DiTConfig
from .embedders import Mlp, PatchEmbedder, TimestepEmbedder
from .rope import rope_tables


class DiT(nn.Module):
    """Predicts the noise of the target frame from the latents, masks and texts of all frames.

    A generation calls `condition` once and `forward` at every step. Parameter names are those of the published
    checkpoints.
    """

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.x_embedder = PatchEmbedder(config.in_channels + 1, width, config.patch)
        self.y_embedder = Mlp(config.text_width, width, width)
        self.t_embedder = TimestepEmbedder(width)
        self.t_block = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.blocks = nn.ModuleList(Block(width, config.heads, config.mlp_ratio) for _ in range(config.depth))
        self.final_layer = FinalLayer(width, config.eps_width * (2 if config.pred_sigma else 1))
        initialise_dit(self)

    def condition(
        self, text: torch.Tensor, indicators: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The text's keys and values for each layer, which are constant over a generation.

        text `[B, F, L, Y]`: one padded segment per frame, the target's first; indicators `[B, F, Y]`: each frame's row
        of the indicator table (every frame needs one, because the projection of zeros is not zero).
        Returns keys and values `[depth, B, F, L, D]` and the projected indicators `[B, F, D]`.
        """
        embedded = self.y_embedder(indicators)
        y = self.y_embedder(text) + embedded[:, :, None]
        pairs = [block.cross_attn.project_text(y) for block in self.blocks]
        return torch.stack([key for key, _ in pairs]), torch.stack([value for _, value in pairs]), embedded

    def forward(
        self,
        patches: torch.Tensor,
        positions: torch.Tensor,
        timestep: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        text_lengths: torch.Tensor,
        indicator_embedding: torch.Tensor,
        frame_slots: torch.Tensor | None,
        token_slot: torch.Tensor | None,
        target_tokens: int,
    ) -> torch.Tensor:
        """eps of the target frame, `[B, target_tokens, patch² * in_channels]` in the order (row, column, channel).

        patches `[B, N, (in_channels + 1) * patch²]` as `patchify` makes them; timestep `[B]`; text_lengths `[B, F]`
        int32; the rest as `condition` and `FrameLayout` give them. frame_slots and token_slot None: frames of one size.
        """
        text = (keys, values, text_lengths, indicator_embedding, frame_slots, token_slot)
        return self.step(patches, positions, timestep, *text, target_tokens)[0]

    def step(
        self,
        patches: torch.Tensor,
        positions: torch.Tensor,
        timestep: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        text_lengths: torch.Tensor,
        indicator_embedding: torch.Tensor,
        frame_slots: torch.Tensor | None,
        token_slot: torch.Tensor | None,
        target_tokens: int,
        history: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """As `forward`, and what self-attention sees of the tokens in `patches`: the rotated keys `[B, N, D]` of each
        layer, then the values of each.

        history `[2 * depth, B, H, D]`: the same of tokens that are not in `patches`. So a step can keep what an earlier
        one computed of the condition frames, and compute the target alone.
        """
        time = self.t_embedder(timestep)
        shared = self.t_block(time).unflatten(-1, (6, -1))
        cos, sin = rope_tables(positions, self.config.head_dim)
        x = self.x_embedder(patches) + indicator_embedding.index_select(1, positions[:, 0])
        depth = len(self.blocks)
        made = []
        for layer, block in enumerate(self.blocks):
            text = (keys[layer], values[layer], text_lengths, frame_slots, token_slot)
            if layer == depth - 1:
                # Behind the last block only the target is read.
                text = (keys[layer][:, :1], values[layer][:, :1], text_lengths[:, :1], None, None)
            count = target_tokens if layer == depth - 1 else None
            kept = None if history is None else (history[layer], history[depth + layer])
            x, *pair = block(x, shared, cos, sin, *text, target_tokens=count, history=kept)
            made.append(pair)
        return self.read_out(x, time), [pair[part] for part in (0, 1) for pair in made]

    def read_out(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """eps as `forward` gives it, of the target's tokens behind the last block `x [B, T, D]` and the time step's
        embedding `[B, D]`."""
        per_pixel = self.final_layer(x, time).unflatten(-1, (self.config.patch**2, -1))
        return per_pixel[..., : self.config.in_channels].flatten(2)


class FinalLayer(nn.Module):
    """Modulated norm, then a linear layer from each token to its output patch."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, outputs)
        self.scale_shift_table = nn.Parameter(torch.randn(2, width) / width**0.5)

    def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """`x [B, T, D]`, the time step's embedding `time [B, D]` → `[B, T, outputs]`."""
        shift, scale = (self.scale_shift_table + time[:, None]).to(x.dtype).chunk(2, dim=1)
        return self.linear(modulate(x, shift, scale))


def initialise_dit(dit: nn.Module) -> None:
    """Xavier weights, zero biases and small embedders; the last layers of the text path and of the output are zero."""
    for module in dit.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    nn.init.xavier_uniform_(dit.x_embedder.proj.weight.detach().flatten(1))
    nn.init.zeros_(dit.x_embedder.proj.bias)
    for layer in (dit.y_embedder.fc1, dit.y_embedder.fc2, dit.t_embedder.mlp[0], dit.t_embedder.mlp[2], dit.t_block[1]):
        nn.init.normal_(layer.weight, std=0.02)
    for block in dit.blocks:
        nn.init.zeros_(block.cross_attn.o.weight)
    nn.init.zeros_(dit.final_layer.linear.weight)
