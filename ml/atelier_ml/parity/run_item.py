"""Runs one golden item through an engine."""

from __future__ import annotations

import torch

from ..model.ddim import ddim_sample, guide
from ..model.layout import FrameLayout
from ..model.patches import patchify, unpatchify
from ..model.scheduler import NoiseSchedule, SamplingSteps
from .engines import Engine
from .golden_dit import GoldenItem


def run_item(engine: Engine, item: GoldenItem, sample: dict[str, float] | None) -> dict[str, torch.Tensor]:
    """The outputs that the file expects for this item, under the same names, each `[C, h, w]`.

    Both passes of guidance run as one batch: row 0 conditional, row 1 unconditional.
    """
    layout = layout_of(item, engine.patch)
    text, lengths = padded_texts([item.texts, item.unconditional_texts])
    conditioning = engine.condition(text, item.indicators.expand(2, -1, -1).contiguous())
    rows, columns = (side // engine.patch for side in item.latents[0].shape[1:])

    def both(x: torch.Tensor, timestep: float) -> torch.Tensor:
        patches = patches_of(item, x, engine.patch).expand(2, -1, -1).contiguous()
        eps = engine.denoise(patches, torch.full((2,), timestep), conditioning, lengths, layout)
        return unpatchify(eps, rows, columns, engine.patch)

    noise = item.latents[0][None]
    if sample is None:
        if item.timestep is None:
            raise ValueError(f'{item.name}: neither a time step nor sampling settings')
        conditional, unconditional = both(noise, item.timestep)
        return {'eps_cond': conditional, 'eps_uncond': unconditional}

    def guided(x: torch.Tensor, timestep: float) -> torch.Tensor:
        conditional, unconditional = both(x, timestep).split(1)
        return guide(conditional, unconditional, sample['scale'], sample['rescale'])

    steps = SamplingSteps.trailing(NoiseSchedule.linear(), int(sample['steps']))
    return {'x0_final': ddim_sample(noise, steps, guided)[0]}


def layout_of(item: GoldenItem, patch: int) -> FrameLayout:
    """The layout of the item's frames."""
    return FrameLayout.of([(latent.shape[1] // patch, latent.shape[2] // patch) for latent in item.latents])


def patches_of(item: GoldenItem, target: torch.Tensor, patch: int) -> torch.Tensor:
    """Patches `[1, N, P]` of all frames, with `target [1, C, h, w]` instead of the item's own."""
    latents = [target[0], *item.latents[1:]]
    frames = [torch.cat((latent, mask))[None] for latent, mask in zip(latents, item.masks, strict=True)]
    return torch.cat([patchify(frame, patch) for frame in frames], dim=1)


def padded_texts(segments: list[list[torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Text segments of `B` passes and `F` frames → zero-padded `[B, F, L, Y]` and lengths `[B, F]` int32."""
    lengths = torch.tensor([[len(text) for text in row] for row in segments], dtype=torch.int32)
    longest = int(lengths.max())
    rows = [
        torch.stack([torch.nn.functional.pad(text, (0, 0, 0, longest - len(text))) for text in row]) for row in segments
    ]
    return torch.stack(rows), lengths
