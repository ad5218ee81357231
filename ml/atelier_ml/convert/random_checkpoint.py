"""Random weights in files with the layout of the published ones."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from ..export.tiny import tiny_tokenizer
from ..model import DiT, DiTConfig, TextEncoder, TextEncoderConfig, Vae, VaeConfig
from ..progress import progress
from .fit import without_weights

DIT_FILE = 'models/dit/ace_0.6b_512px.pth'
VAE_FILE = 'models/vae/vae.bin'
TEXT_ENCODER_FOLDER = 'models/text_encoder/t5-v1_1-xxl'
TOKENIZER_FOLDER = 'models/tokenizer/t5-v1_1-xxl'

TINY = (
    DiTConfig(width=48, depth=2, heads=2, text_width=32),
    VaeConfig(ch=8, mult=(1, 2, 2, 2)),
    TextEncoderConfig(vocab=160, width=32, layers=2, heads=2, head_dim=16, ff=64),
)
"""A model with the real layout that converts in seconds; its DiT has 2 heads."""
_SIZES = {
    'tiny': TINY,
    'ace-dit': (DiTConfig(), VaeConfig(), TextEncoderConfig(layers=1)),
    'ace-0.6b': (DiTConfig(), VaeConfig(), TextEncoderConfig()),
}
_SHARD_BYTES = {'tiny': 50_000, 'ace-dit': 5 * 10**9, 'ace-0.6b': 5 * 10**9}
State = dict[str, torch.Tensor]


def write_random_checkpoint(out: Path, size: str, old_names: bool, seed: int) -> None:
    """Writes the four parts to `out` under the published file names; the same seed gives the same weights.

    size: `tiny`, `ace-0.6b` (12 GB: T5 v1.1 XXL in bfloat16, the rest in float32), or `ace-dit` (4 GB: one layer of
    T5). old_names: the DiT with the names and fused matrices of older checkpoints, the VAE inside a whole diffusion
    model, the text encoder as `.bin` instead of `.safetensors`, all with the same numbers. Weights are scaled as in
    trained networks: 1/sqrt(inputs) for a
    matrix.
    """
    configs = _SIZES[size]
    for part in (DIT_FILE, VAE_FILE, f'{TEXT_ENCODER_FOLDER}/_', f'{TOKENIZER_FOLDER}/_'):
        (out / part).parent.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    dit = dict(_draw(without_weights(lambda: DiT(configs[0])), generator))
    _save_dit(out / DIT_FILE, dit, old_names)
    del dit
    vae = dict(_draw(without_weights(lambda: Vae(configs[1])), generator))
    if old_names:
        other = {'model.diffusion_model.out.2.bias': torch.zeros(4)}
        vae = {**{f'first_stage_model.{name}': value for name, value in vae.items()}, **other}
    torch.save({'state_dict': vae} if old_names else vae, out / VAE_FILE)
    del vae
    _save_text_encoder(out / TEXT_ENCODER_FOLDER, configs[2], generator, old_names, _SHARD_BYTES[size])
    tiny_tokenizer(out / TOKENIZER_FOLDER / 'tokenizer.json')


def _draw(network: nn.Module, generator: torch.Generator) -> Iterator[tuple[str, torch.Tensor]]:
    for name, value in network.state_dict().items():
        if value.dim() == 1:
            # Biases are small; the weights of norms are close to one.
            numbers = torch.randn(value.shape, generator=generator) * 0.02
            yield name, numbers if name.endswith('bias') else numbers + 1
            continue
        # Embeddings are looked up, not multiplied; T5 does not scale its attention scores, so q is smaller.
        deviation = 1.0 if name == 'shared.weight' else value[0].numel() ** -0.5
        if name.endswith('SelfAttention.q.weight'):
            deviation /= math.sqrt(network.config.head_dim)
        yield name, torch.randn(value.shape, generator=generator) * deviation


def _save_dit(path: Path, dit: dict[str, torch.Tensor], old_names: bool) -> None:
    width = dit['final_layer.linear.weight'].shape[1]
    unused = {name.replace('norm_q', 'norm_k'): torch.ones(width) for name in dit if 'norm_q' in name}
    torch.save({'state_dict': {**(older_dit_names(dit) if old_names else dit), **unused}, 'epoch': 1}, path)


def _save_text_encoder(
    folder: Path, config: TextEncoderConfig, generator: torch.Generator, old_names: bool, shard_bytes: int
) -> None:
    network = without_weights(lambda: TextEncoder(config))
    sizes = {name: 2 * value.numel() for name, value in network.state_dict().items()}
    shard_of, filled = {}, 0
    for name, size in sizes.items():
        shard_of[name] = filled // shard_bytes
        filled += size
    count = max(shard_of.values()) + 1
    stem, ending = ('pytorch_model', 'bin') if old_names else ('model', 'safetensors')
    files = {name: f'{stem}-{shard + 1:05}-of-{count:05}.{ending}' for name, shard in shard_of.items()}
    shard: dict[str, torch.Tensor] = {}
    for name, value in progress(_draw(network, generator), 'text encoder', len(sizes)):
        shard[name] = value.bfloat16()
        if len(shard) == sum(file == files[name] for file in files.values()):
            if old_names:
                # Hugging Face repeats the embeddings under a second name here; torch stores them once.
                if 'shared.weight' in shard:
                    shard['encoder.embed_tokens.weight'] = shard['shared.weight']
                torch.save(shard, folder / files[name])
            else:
                save_file(shard, folder / files[name])
            shard = {}
    index = {'metadata': {'total_size': filled}, 'weight_map': files}
    (folder / f'{stem}.{ending}.index.json').write_text(json.dumps(index, indent=2), encoding='utf8')
    facts = {
        'model_type': 't5',
        'feed_forward_proj': 'gated-gelu',
        'd_model': config.width,
        'relative_attention_max_distance': config.max_distance,
    }
    (folder / 'config.json').write_text(json.dumps(facts, indent=2), encoding='utf8')


def older_dit_names(state: State) -> State:
    """The same weights with the names and fused matrices of older checkpoints: the inverse of `dit_state`."""
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
