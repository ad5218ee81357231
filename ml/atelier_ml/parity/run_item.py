"""One golden item through an engine."""

from __future__ import annotations

import torch

from ..model.ddim import ddim_sample, guide
from ..model.patches import unpatchify
from ..model.scheduler import NoiseSchedule, SamplingSteps
from .engines import Engine
from .golden_dit import GoldenItem
from .sequence import layout_of, padded_texts, patches_of


def run_item(engine: Engine, item: GoldenItem, sample: dict[str, float] | None) -> dict[str, torch.Tensor]:
    """The outputs that the file expects of this item, under the same names, each `[C, h, w]`.

    Both passes of guidance travel as one batch: row 0 conditional, row 1 unconditional.
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
