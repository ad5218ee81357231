"""The two engines compared with the reference: PyTorch and ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import torch

from ..export.graph_modules import no_history
from ..model.config import DiTConfig
from ..model.dit import DiT
from ..model.layout import FrameLayout

Conditioning = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class Engine(Protocol):
    """Runs the two parts of a DiT. Shapes as in `DiT.condition` and `DiT.forward`."""

    name: str
    patch: int

    def condition(self, text: torch.Tensor, indicators: torch.Tensor) -> Conditioning:
        """Keys, values and projected indicators."""
        ...

    def denoise(
        self,
        patches: torch.Tensor,
        timestep: torch.Tensor,
        conditioning: Conditioning,
        text_lengths: torch.Tensor,
        layout: FrameLayout,
    ) -> torch.Tensor:
        """eps patches of the target frame."""
        ...


class TorchEngine:
    """The network in PyTorch."""

    name = 'pytorch'

    def __init__(self, dit: DiT) -> None:
        self._dit = dit.eval()
        self.patch = dit.config.patch

    @torch.no_grad()
    def condition(self, text: torch.Tensor, indicators: torch.Tensor) -> Conditioning:
        """As `Engine.condition`."""
        return self._dit.condition(text, indicators)

    @torch.no_grad()
    def denoise(self, patches, timestep, conditioning, text_lengths, layout) -> torch.Tensor:
        """As `Engine.denoise`."""
        return self._dit(
            patches,
            layout.positions,
            timestep,
            conditioning[0],
            conditioning[1],
            text_lengths,
            conditioning[2],
            layout.frame_slots,
            layout.token_slot,
            layout.target_tokens,
        )


class OnnxEngine:
    """The exported graphs of a folder, on the CPU."""

    name = 'onnx'

    def __init__(self, folder: Path, config: DiTConfig) -> None:
        import onnxruntime

        def open_graph(name: str):
            return onnxruntime.InferenceSession(str(folder / name), providers=['CPUExecutionProvider'])

        self._conditioner = open_graph('conditioner.onnx')
        self._denoiser = open_graph('denoiser.onnx')
        self._config = config
        self.patch = config.patch

    def condition(self, text: torch.Tensor, indicators: torch.Tensor) -> Conditioning:
        """As `Engine.condition`."""
        outputs = self._conditioner.run(None, {'text': text.numpy(), 'indicators': indicators.numpy()})
        keys, values, embedded = (torch.from_numpy(output) for output in outputs)
        return keys, values, embedded

    def denoise(self, patches, timestep, conditioning, text_lengths, layout) -> torch.Tensor:
        """As `Engine.denoise`."""
        inputs = {
            'patches': patches,
            'positions': layout.positions,
            'timestep': timestep,
            'keys': conditioning[0],
            'values': conditioning[1],
            'text_lengths': text_lengths,
            'indicator_embedding': conditioning[2],
            'frame_slots': layout.frame_slots,
            'token_slot': layout.token_slot,
            'target_tokens': torch.tensor([layout.target_tokens]),
            **no_history(self._config, *patches.shape[:2]),
        }
        outputs = self._denoiser.run(['eps'], {name: value.contiguous().numpy() for name, value in inputs.items()})
        return torch.from_numpy(outputs[0])
