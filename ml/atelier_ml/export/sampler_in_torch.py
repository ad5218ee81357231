"""What the sampler graphs compute, with the DiT as it is."""

from __future__ import annotations

import torch

from ..model.dit import DiT
from .sampler_update import Update


def run_in_torch(
    dit: DiT, inputs: dict[str, torch.Tensor], cache: StepCache | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The outputs of `sampler_graph` for its inputs; cache, a new one: those of `kept_sampler_graph`."""
    text, config = inputs['text'], dit.config
    pairs = [block.cross_attn.project_text(text) for block in dit.blocks]
    keys, values = (torch.stack(one) for one in zip(*pairs, strict=True))
    latent, predicted = inputs['latent'], inputs['predicted']
    target, passes, pixels = latent.shape[1], text.shape[0] // latent.shape[0], config.patch**2
    positions, lengths, indicators = inputs['positions'], inputs['text_lengths'], inputs['indicator_embedding']
    history = None
    for index, time in enumerate(inputs['timesteps']):
        patches = inputs['patches'].clone()
        patches[:, :target, : config.eps_width] = latent
        patches, times = patches.repeat(passes, 1, 1), time.expand(text.shape[0])
        if history is None:
            frames = (keys, values, lengths, indicators, inputs['frame_slots'], inputs['token_slot'])
            step = (patches, positions, times, *frames, target)
        else:
            own = (keys[:, :, :1], values[:, :, :1], lengths[:, :1], indicators[:, :1], None, None)
            step = (patches[:, :target], positions[:target], times, *own, target, history)
        output, seen = cache.step(*step) if cache else dit.step(*step)
        if cache and history is None:
            history = torch.stack(seen)[:, :, target:]
        # (pixel, channel) → (channel, pixel), the order of patches.
        output = output.unflatten(-1, (pixels, -1)).transpose(-1, -2).flatten(2).unflatten(0, (passes, -1))
        latent, predicted = Update()(latent, predicted, output, inputs['coefficients'][index], inputs['guidance'])
    return latent, predicted


class StepCache:
    """Steps of a DiT in which a generation takes what the blocks behind the first one added at an earlier step, while
    the first one adds nearly what it added then; see `TargetNetwork`."""

    def __init__(self, dit: DiT, inputs: dict[str, torch.Tensor]) -> None:
        """inputs: those of the graph; `threshold` is the largest change of what the first block adds."""
        self._dit, self._threshold = dit, inputs['threshold']
        generations, self._target = inputs['latent'].shape[:2]
        self._passes = len(inputs['text']) // generations
        self._added: tuple[torch.Tensor, torch.Tensor] | None = None
        self.taken: list[torch.Tensor] = []
        """Of each step but the first: which generations took it."""

    def step(self, *inputs) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """As `DiT.step`."""
        caught: dict[str, torch.Tensor] = {}

        def first_block(_module, arguments, outputs) -> None:
            caught.update(start=arguments[0][:, : self._target], first=outputs[0][:, : self._target])

        def final_layer(_module, arguments) -> None:
            caught.update(zip(('end', 'time'), arguments, strict=True))

        hooks = [
            self._dit.blocks[0].register_forward_hook(first_block),
            self._dit.final_layer.register_forward_pre_hook(final_layer),
        ]
        try:
            output, seen = self._dit.step(*inputs)
        finally:
            for hook in hooks:
                hook.remove()
        first, others = caught['first'] - caught['start'], caught['end'] - caught['first']
        if self._added is not None:
            change = self._size(first - self._added[0])
            self.taken.append(change < self._threshold * self._size(self._added[0]))
            rows = self.taken[-1].repeat(self._passes)[:, None, None]
            first, others = (torch.where(rows, *pair) for pair in zip(self._added, (first, others), strict=True))
            output = self._dit.read_out(caught['first'] + others, caught['time'])
        self._added = (first, others)
        return output, seen

    def _size(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(0, (self._passes, -1)).abs().mean((0, 2, 3))
