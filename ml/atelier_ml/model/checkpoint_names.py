"""Maps the parameter names of published and older checkpoints to current ones."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F

State = dict[str, torch.Tensor]

_WRAPPERS = ('state_dict', 'model', 'module', 'ema')


def unwrap(state: Mapping) -> Mapping:
    """The weights of a file that may nest them under `state_dict`, `model`, `module` or `ema`, in that order.

    Also strips the prefix `module.` that data-parallel training adds to every name.
    """
    for wrapper in _WRAPPERS:
        if isinstance(state.get(wrapper), Mapping):
            return unwrap(state[wrapper])
    if state and all(str(name).startswith('module.') for name in state):
        return {name.removeprefix('module.'): value for name, value in state.items()}
    return state


def dit_state(checkpoint: Mapping, in_channels: int = 4) -> State:
    """A DiT's weights under the parameter names of `DiT`.

    Splits fused projections (`attn.qkv`, `cross_attn.kv_linear`), renames (`cross_attn.q_linear`, `*.proj` → `o`,
    `y_embedder.y_proj`), drops `norm_k` (saved but never used), and adds a zero column for the mask channel to an
    `x_embedder` that lacks it. Raises ValueError if `x_embedder` has another number of channels.
    """
    result: State = {}
    for name, value in unwrap(checkpoint).items():
        if re.search(r'attn\.norm_k\.', name):
            continue
        name = name.replace('y_embedder.y_proj.', 'y_embedder.')
        name = name.replace('cross_attn.q_linear.', 'cross_attn.q.')
        name = re.sub(r'attn\.proj\.', 'attn.o.', name)
        if '.attn.qkv.' in name:
            _split(result, name, value, 'qkv', ('q', 'k', 'v'))
        elif '.cross_attn.kv_linear.' in name:
            _split(result, name, value, 'kv_linear', ('k', 'v'))
        elif name == 'x_embedder.proj.weight':
            result[name] = _with_mask_channel(value, in_channels)
        else:
            result[name] = value
    return result


def _split(result: State, name: str, value: torch.Tensor, fused: str, parts: tuple[str, ...]) -> None:
    for part, piece in zip(parts, value.chunk(len(parts), dim=0), strict=True):
        result[name.replace(f'.{fused}.', f'.{part}.')] = piece


def _with_mask_channel(weight: torch.Tensor, in_channels: int) -> torch.Tensor:
    if weight.shape[1] == in_channels:
        return F.pad(weight, (0, 0, 0, 0, 0, 1))
    if weight.shape[1] != in_channels + 1:
        raise ValueError(f'x_embedder has {weight.shape[1]} channels, expected {in_channels} or {in_channels + 1}')
    return weight
