"""Positions of each frame's tokens in the visual sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class FrameLayout:
    """Index tensors for a sequence of frames, shared by a batch; frame 0 is the target.

    positions `[N, 3]` int64: (frame, row, column) of each token, in patches.
    frame_slots `[F, M]` int64: token in each slot of each frame; unused slots point at token 0.
    token_slot `[N]` int64: the slot of each token in the flattened `[F * M]`.
    """

    positions: torch.Tensor
    frame_slots: torch.Tensor
    token_slot: torch.Tensor
    target_tokens: int

    @classmethod
    def of(cls, sizes: Sequence[tuple[int, int]]) -> FrameLayout:
        """The layout of frames with the given (rows, columns) of patches. Raises ValueError if there are none."""
        if not sizes:
            raise ValueError('a layout needs at least the target frame')
        counts = [rows * columns for rows, columns in sizes]
        most = max(counts)
        slots = torch.zeros(len(sizes), most, dtype=torch.int64)
        positions, token_slot, start = [], [], 0
        for frame, (rows, columns) in enumerate(sizes):
            grid = torch.meshgrid(torch.tensor([frame]), torch.arange(rows), torch.arange(columns), indexing='ij')
            positions.append(torch.stack(grid, dim=-1).view(-1, 3))
            slots[frame, : counts[frame]] = torch.arange(start, start + counts[frame])
            token_slot.append(torch.arange(counts[frame]) + frame * most)
            start += counts[frame]
        return cls(torch.cat(positions), slots, torch.cat(token_slot), counts[0])

    def to(self, device: torch.device | str) -> FrameLayout:
        """The same layout with its tensors on `device`."""
        return FrameLayout(
            self.positions.to(device), self.frame_slots.to(device), self.token_slot.to(device), self.target_tokens
        )
