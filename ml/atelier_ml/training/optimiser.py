"""Muon (https://kellerjordan.github.io/posts/muon/) for matrices and kernels, AdamW for everything else.

Muon replaces a matrix's momentum with the nearest orthogonal matrix, so that all directions are learned at the same
pace. On these small networks it needs far fewer updates than AdamW, and updates are what a CPU is short of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from .machine import fast_bfloat16

# A fifth iteration would take a quarter longer and only help singular values below 1/200 of the norm.
_ITERATIONS = 4
# Coefficients of an odd quintic polynomial whose iteration moves all singular values to about 0.7..1.2.
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalised(stack: Tensor) -> Tensor:
    """`[n, rows, columns]` → roughly the nearest (semi-)orthogonal matrices, by Newton-Schulz iteration.

    Computed in bfloat16 where that is faster.
    """
    tall = stack.shape[1] > stack.shape[2]
    x = stack.transpose(1, 2) if tall else stack
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    if stack.is_cuda or fast_bfloat16():
        x = x.bfloat16()
    for _ in range(_ITERATIONS):
        gram = x @ x.transpose(1, 2)
        # baddbmm(c, a, b, beta, alpha) = beta c + alpha a b, without a separate pass over memory.
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=_B, alpha=_C), x, beta=_A)
    return (x.transpose(1, 2) if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Matrices of the same shape are updated in one batch; kernels are treated as (outputs, everything else).

    Updates are scaled to AdamW's root mean square (0.2), so that one learning rate suits both.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0) -> None:
        super().__init__(list(params), {'lr': lr, 'momentum': momentum, 'weight_decay': weight_decay})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            shapes: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
            for parameter in group['params']:
                if parameter.grad is not None:
                    shapes[(parameter.shape[0], parameter.numel() // parameter.shape[0])].append(parameter)
            for (rows, columns), parameters in shapes.items():
                self._update(parameters, rows, columns, group)

    def _update(self, parameters: list[Tensor], rows: int, columns: int, group: dict) -> None:
        directions = []
        for parameter in parameters:
            state = self.state[parameter]
            if 'momentum' not in state:
                state['momentum'] = torch.zeros_like(parameter.grad)
            state['momentum'].lerp_(parameter.grad, 1 - group['momentum'])
            ahead = parameter.grad.lerp(state['momentum'], group['momentum'])
            directions.append(ahead.reshape(rows, columns))
        size = 0.2 * max(rows, columns) ** 0.5 * group['lr']
        updates = orthogonalised(torch.stack(directions))
        for parameter, update in zip(parameters, updates, strict=True):
            if group['weight_decay']:
                parameter.mul_(1 - group['lr'] * group['weight_decay'])
            parameter.sub_(update.view(parameter.shape), alpha=size)


class Optimisers:
    """Both optimisers as one. `rate` is AdamW's peak; Muon's is `rate * muon_factor`."""

    def __init__(self, modules: Iterable[nn.Module], rate: float, muon_factor: float, weight_decay: float) -> None:
        matrices, others = [], []
        for module in modules:
            embeddings = {id(m.weight) for m in module.modules() if isinstance(m, nn.Embedding)}
            for name, parameter in module.named_parameters():
                # Input and output layers stay with AdamW: their rows and columns have meanings of their own.
                edge = any(part in name for part in ('embedder', 'final_layer', 'table'))
                plain = parameter.dim() < 2 or edge or id(parameter) in embeddings
                (others if plain else matrices).append(parameter)
        self.parameters = matrices + others
        self.muon = Muon(matrices, rate * muon_factor, weight_decay=weight_decay)
        self.adamw = torch.optim.AdamW(others, rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
        self.peaks = (rate * muon_factor, rate)

    def step(self, factor: float, clip: float = 1.0) -> None:
        """One update at `factor` of the peak rates, then clears the gradients."""
        torch.nn.utils.clip_grad_norm_(self.parameters, clip)
        for optimiser, peak in zip((self.muon, self.adamw), self.peaks, strict=True):
            for group in optimiser.param_groups:
                group['lr'] = peak * factor
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def state(self) -> dict:
        return {'muon': self.muon.state_dict(), 'adamw': self.adamw.state_dict()}

    def load(self, state: dict) -> None:
        self.muon.load_state_dict(state['muon'])
        self.adamw.load_state_dict(state['adamw'])
