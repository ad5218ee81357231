"""The linear map from latents to small preview images."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..model.vae import Vae


@torch.no_grad()
def preview_map(vae: Vae, scale: float, pictures: torch.Tensor) -> dict[str, list]:
    """Fits scaled latent pixels to the mean colours of the image areas they cover, by least squares.

    pictures `[n, 3, H, W]` in −1..1. Returns `factors` (one row r, g, b per latent channel) and `bias` (r, g, b).
    """
    latents = torch.cat([vae.encode(batch) for batch in pictures.split(16)]) * scale
    colours = F.avg_pool2d(pictures, vae.config.downscale)
    inputs = latents.permute(0, 2, 3, 1).flatten(0, 2).double()
    outputs = colours.permute(0, 2, 3, 1).flatten(0, 2).double()
    inputs = torch.cat((inputs, torch.ones(len(inputs), 1, dtype=torch.float64)), dim=1)
    # The small ridge term keeps the factor of a constant latent channel finite.
    gram = inputs.T @ inputs + 1e-6 * len(inputs) * torch.eye(inputs.shape[1], dtype=torch.float64)
    solution = torch.linalg.solve(gram, inputs.T @ outputs)
    rows = [[round(value, 5) for value in row] for row in solution.tolist()]
    return {'factors': rows[:-1], 'bias': rows[-1]}


def colour_fields(count: int, size: int, seed: int = 0) -> torch.Tensor:
    """Smooth random pictures `[count, 3, size, size]` in −1..1, for models without example images."""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 3, 4, 4, generator=generator) * 2 - 1
    return F.interpolate(corners, size=(size, size), mode='bicubic', align_corners=True).clamp(-1, 1)
