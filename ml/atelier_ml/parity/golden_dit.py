"""Reads golden DiT files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open

from ..model.checkpoint_names import dit_state
from ..model.config import DiTConfig


@dataclass(frozen=True)
class GoldenItem:
    """One batch item of a case. Frames are the target first, then the condition images, oldest first.

    Per frame: latents `[C, h, w]`, masks `[1, h, w]`, texts `[L, Y]`; indicators `[F, Y]`.
    `expected` holds `eps_cond` and `eps_uncond`, or `x0_final`, each `[C, h, w]`.
    """

    name: str
    latents: list[torch.Tensor]
    masks: list[torch.Tensor]
    texts: list[torch.Tensor]
    unconditional_texts: list[torch.Tensor]
    indicators: torch.Tensor
    timestep: float | None
    expected: dict[str, torch.Tensor]


@dataclass(frozen=True)
class GoldenCase:
    """A case: its items and, if it is a whole sampling run, its settings (`steps`, `scale`, `rescale`)."""

    name: str
    items: list[GoldenItem]
    sample: dict[str, float] | None
    schedule: dict[str, torch.Tensor]


class GoldenDit:
    """A golden file: a small DiT, its inputs, and the reference's outputs."""

    def __init__(self, path: Path | str) -> None:
        with safe_open(str(path), 'pt') as file:
            metadata = file.metadata() or {}
            if 'config' not in metadata or 'cases' not in metadata:
                raise ValueError(f'{path}: not a golden DiT file (no config or cases in its metadata)')
            self._config = json.loads(metadata['config'])
            self._cases = json.loads(metadata['cases'])
            self._tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118

    @property
    def config(self) -> DiTConfig:
        """The sizes of its network."""
        given = self._config
        return DiTConfig(
            in_channels=given['IN_CHANNELS'],
            width=given['HIDDEN_SIZE'],
            depth=given['DEPTH'],
            heads=given['NUM_HEADS'],
            patch=given['PATCH_SIZE'],
            mlp_ratio=given['MLP_RATIO'],
            text_width=given['Y_CHANNELS'],
            max_seq_len=given['MAX_SEQ_LEN'],
            pred_sigma=given['PRED_SIGMA'],
        )

    def weights(self) -> dict[str, torch.Tensor]:
        """The network's weights under current names."""
        prefix = 'weights.'
        found = {name.removeprefix(prefix): v for name, v in self._tensors.items() if name.startswith(prefix)}
        return dit_state(found, self._config['IN_CHANNELS'])

    def cases(self) -> Iterator[GoldenCase]:
        """Every case, in the file's order."""
        for name, case in self._cases.items():
            items = [self._item(name, index, spec) for index, spec in enumerate(case['spec'])]
            names = ('timesteps', 'sigmas_vp', 'alphas_bar_init', 'sigmas_init')
            schedule = {key: self._tensors[f'{name}.{key}'] for key in names} if case['sample'] else {}
            yield GoldenCase(name, items, case['sample'], schedule)

    def _item(self, case: str, index: int, spec: dict) -> GoldenItem:
        base = f'{case}.b{index}'
        edits = len(spec['edits'])
        latents = [self._tensors[f'{base}.x']] + [self._tensors[f'{base}.edit{k}'] for k in range(edits)]
        masks = [self._mask(f'{base}.x', latents[0])]
        masks += [self._mask(f'{base}.edit{k}', latents[k + 1]) for k in range(edits)]
        prompts = [self._tensors[f'{base}.text{j}'] for j in range(len(spec['text']))]
        # Prompt j belongs to edit frame j; the last prompt is the current instruction and belongs to the target.
        texts = [prompts[-1], *prompts[:edits]]
        empty = self._tensors[f'{base}.text_uncond_last']
        unconditional = [empty, *texts[1:-1], *([empty] if edits else [])]
        # The target has the indicator after the last condition frame's.
        rows = [edits, *range(edits)]
        timesteps = self._tensors.get(f'{case}.t')
        expected = {
            key: self._tensors[f'{base}.{key}']
            for key in ('eps_cond', 'eps_uncond', 'x0_final')
            if f'{base}.{key}' in self._tensors
        }
        return GoldenItem(
            base,
            latents,
            masks,
            texts,
            unconditional,
            self._tensors[f'{case}.indicator'][rows],
            None if timesteps is None else float(timesteps[index]),
            expected,
        )

    def _mask(self, name: str, latent: torch.Tensor) -> torch.Tensor:
        mask = self._tensors.get(f'{name}_mask')
        # An empty mask means the same as no mask: the whole frame.
        if mask is None or not mask.any():
            return torch.ones_like(latent[:1])
        return mask.float()
