"""The denoiser's training objective: the velocity of the target frame."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..model.dit import DiT
from ..model.layout import FrameLayout
from ..model.patches import channels_last
from ..model.scheduler import NoiseSchedule
from ..model.text_encoder import TextEncoder
from .auxiliary_heads import AuxiliaryHeads
from .batches import Batch

AUXILIARY_WEIGHT = 0.1
"""Default weight of the auxiliary losses, relative to the velocity error."""


class Objective(nn.Module):
    """Adds noise to a batch's target and predicts the velocity v = alpha * noise - sigma * target.

    The squared error at signal-to-noise ratio s is weighted by min(1, 5 / (1 + s)), which is min-SNR-5
    (https://arxiv.org/abs/2303.09556) for v-prediction. At high noise levels v is almost the clean image itself, so
    layout, kinds and colours all have to come from the text. A network that predicts the noise instead has to
    reproduce its input there to a precision that a small network cannot reach.
    """

    def __init__(self, dit: DiT, text_encoder: TextEncoder, indicator_ids: Tensor, grid: int) -> None:
        """`indicator_ids [10, 2]`: token ids of the indicator strings; `grid`: patches per side of a frame."""
        super().__init__()
        self.dit = dit
        self.text_encoder = text_encoder
        # Set for training only; the heads read the outputs of the blocks in `_tapped`. They need two blocks at least:
        # the last one computes the target alone.
        self.heads: AuxiliaryHeads | None = None
        self.auxiliary_weight = AUXILIARY_WEIGHT
        self._hidden: dict[int, Tensor] = {}
        depth = len(dit.blocks)
        self._tapped = [max(0, place) for place in (depth // 3 - 1, 2 * depth // 3 - 1, depth - 2)]
        for place in set(self._tapped):
            dit.blocks[place].register_forward_hook(partial(self._keep, place))
        schedule = NoiseSchedule.linear()
        ratio = schedule.alphas**2 / schedule.sigmas**2
        self.register_buffer('alphas', schedule.alphas, persistent=False)
        self.register_buffer('sigmas', schedule.sigmas, persistent=False)
        self.register_buffer('weights', (5 / (1 + ratio)).clamp(max=1), persistent=False)
        self.register_buffer('indicator_ids', indicator_ids, persistent=False)
        for frames in range(1, 11):
            positions = FrameLayout.of([(grid, grid)] * frames).positions
            self.register_buffer(f'positions_{frames}', positions, persistent=False)

    def forward(self, batch: Batch, timestep: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """timestep `[B]` int64, noise `[B, T, 4 C]` → the loss and the unweighted squared error of v.

        The loss is the weighted error plus, if `heads` are set, the auxiliary losses times `auxiliary_weight`.
        """
        alpha, sigma = self.alphas[timestep][:, None, None], self.sigmas[timestep][:, None, None]
        velocity = self.predict(batch, alpha * batch.target + sigma * noise, timestep.float())
        expected = channels_last(alpha * noise - sigma * batch.target, self.dit.config.patch)
        error = (velocity.float() - expected).square().mean(dim=(1, 2))
        loss = (error * self.weights[timestep]).mean()
        if self.auxiliary_weight and self.heads is not None and batch.labels is not None:
            hidden = (self._hidden[place] for place in self._tapped)
            loss = loss + self.auxiliary_weight * self.heads(*hidden, batch.labels, batch.current)
        self._hidden.clear()
        return loss, error.mean()

    def _keep(self, place: int, _: nn.Module, __: tuple, outputs: tuple[Tensor, ...]) -> None:
        if self.heads is not None:
            self._hidden[place] = outputs[0]

    def predict(self, batch: Batch, noisy: Tensor, timestep: Tensor) -> Tensor:
        """v `[B, T, 4 C]` in (row, column, channel) order, for a noisy target in patches."""
        keys, values, lengths, embedded = self.condition(batch)
        return self.denoise(noisy, batch.conditions, batch.masks, timestep, keys, values, lengths, embedded)

    def condition(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Keys, values, lengths `[B, F]` and indicator embeddings for a batch's texts."""
        size, texts, longest = batch.ids.shape
        frames = len(batch.segment)
        # One pass encodes both the instructions and the indicator strings.
        names = F.pad(self.indicator_ids[:frames], (0, longest - self.indicator_ids.shape[1]))
        ids = torch.cat((batch.ids.flatten(0, 1), names))
        counts = torch.cat((batch.lengths.flatten(), batch.lengths.new_full((frames,), self.indicator_ids.shape[1])))
        mask = torch.arange(longest, device=ids.device)[None] < counts[:, None]
        hidden = self.text_encoder(ids, mask.long())
        text = hidden[: size * texts].unflatten(0, (size, texts))[:, list(batch.segment)]
        # Condition frame k gets indicator k − 1; the target gets the one after the last condition frame's.
        table = hidden[size * texts :, 0]
        rows = table[[frames - 1, *range(frames - 1)]]
        keys, values, embedded = self.dit.condition(text, rows[None].expand(size, -1, -1))
        return keys, values, batch.lengths[:, list(batch.segment)].int(), embedded

    def denoise(self, noisy, conditions, masks, timestep, keys, values, lengths, embedded) -> Tensor:
        """One pass of the denoiser over `noisy [B, T, 4 C]` and `conditions [B, F-1, T, 4 C]`, joined with `masks`."""
        latents = torch.cat((noisy, conditions.flatten(1, 2)), dim=1)
        positions = getattr(self, f'positions_{conditions.shape[1] + 1}')
        patches = torch.cat((latents, masks.flatten(1, 2).to(latents.dtype)), dim=-1)
        return self.dit(patches, positions, timestep, keys, values, lengths, embedded, None, None, noisy.shape[1])
