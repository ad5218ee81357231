"""What ends a step of the sampler graphs."""

from __future__ import annotations

import torch
from torch import nn


class Update(nn.Module):
    """The end of a step, all of it float32: guidance with rescale, then the sampler."""

    def forward(
        self,
        latent: torch.Tensor,
        predicted: torch.Tensor,
        output: torch.Tensor,
        coefficients: torch.Tensor,
        guidance: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """latent and predicted picture `[G, T, C·p²]`, the network's output `[passes, G, T, C·p²]` → the next two.

        guidance `[2·G]`: scale and rescale of each generation; with one pass it changes nothing. coefficients
        `[a, b, c, d, e]` of the sampler: picture = a·latent + b·output, ahead = picture + c·(picture − predicted),
        next = d·ahead + e·latent.
        """
        conditional, unconditional = output[:1], output[-1:]
        scale, rescale = guidance.unflatten(0, (-1, 2, 1, 1)).unbind(1)
        mixed = unconditional + scale * (conditional - unconditional)
        ratio = _squares(conditional) / _squares(mixed).clamp(min=1e-30)
        mixed = (mixed * (rescale * ratio.sqrt() + (1 - rescale))).squeeze(0)
        a, b, c, d, e = coefficients.split(1)
        picture = a * latent + b * mixed
        ahead = picture + c * (picture - predicted)
        return d * ahead + e * latent, picture


def _squares(x: torch.Tensor) -> torch.Tensor:
    """Sum of squared deviations of each generation, `[1, G, T, C·p²]` → `[1, G, 1, 1]`."""
    centred = x - x.mean((2, 3), keepdim=True)
    return (centred * centred).sum((2, 3), keepdim=True)
