"""Exponential moving averages of weights, which are what is sampled from and exported."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Ema:
    """Averages of the floating-point state of several modules, by module name.

    The decay after n updates is `min(decay, (1 + n) / (10 + n))`, so that the averages quickly forget the random start.
    """

    def __init__(self, modules: dict[str, nn.Module], decay: float) -> None:
        self.modules = modules
        self.decay = decay
        self.updates = 0
        self.weights = self._snapshot()
        self._pairs()

    def _snapshot(self) -> dict[str, dict[str, Tensor]]:
        return {
            name: {key: value.detach().clone() for key, value in module.state_dict().items()}
            for name, module in self.modules.items()
        }

    def _pairs(self) -> None:
        averaged, live = [], []
        for name, module in self.modules.items():
            for key, value in module.state_dict().items():
                averaged.append(self.weights[name][key])
                live.append(value)
        self._averaged, self._live = averaged, live

    @torch.no_grad()
    def update(self) -> None:
        """Moves the averages towards the live weights."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._averaged, self._live, 1 - decay)

    def copy(self) -> dict[str, dict[str, Tensor]]:
        """The averages, detached from later updates."""
        return {
            name: {key: value.clone().cpu() for key, value in weights.items()} for name, weights in self.weights.items()
        }

    def load(self, weights: dict[str, dict[str, Tensor]], updates: int) -> None:
        """Restores averages saved by `copy` after `updates` updates."""
        for name, values in weights.items():
            for key, value in values.items():
                self.weights[name][key].copy_(value)
        self.updates = updates
