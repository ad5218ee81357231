"""Today's parameter names turned back into those of older DiT checkpoints."""

from __future__ import annotations

import torch

State = dict[str, torch.Tensor]


def older_dit_names(state: State) -> State:
    """The same weights as an older checkpoint names and fuses them; the inverse of `checkpoint_names.dit_state`."""
    older = {}
    for name, value in state.items():
        head, _, last = name.rpartition('.')
        if head.endswith('.attn.q'):
            base = head.removesuffix('.q')
            older[f'{base}.qkv.{last}'] = torch.cat([state[f'{base}.{part}.{last}'] for part in 'qkv'])
        elif head.endswith('.cross_attn.q'):
            base = head.removesuffix('.q')
            older[f'{base}.q_linear.{last}'] = value
            older[f'{base}.kv_linear.{last}'] = torch.cat([state[f'{base}.{part}.{last}'] for part in 'kv'])
        elif head.endswith(('attn.k', 'attn.v')):
            continue
        elif head.endswith('attn.o'):
            older[f'{head.removesuffix(".o")}.proj.{last}'] = value
        else:
            older[name.replace('y_embedder.', 'y_embedder.y_proj.')] = value
    return older
