"""A complete, valid and untrained model folder for tests."""

from __future__ import annotations

import math
import re
import tempfile
from collections import Counter
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from torch import nn

from ..model import DiT, DiTConfig, TextEncoder, TextEncoderConfig, Vae, VaeConfig
from .export_folder import export_folder
from .precision import Precision

_SENTENCES = [
    'a red circle on a blue background',
    'a small yellow star above a green square',
    'two orange triangles under a purple moon',
    'make the circle green',
    'remove the star',
    'add a white heart to {image}',
    'put it on a yellow background',
    'replace the square in {image} with the ring of {image1}',
    'what {image2} shows, in the style of {image3}',
    'draw the edges of {image}',
    'give it the colour it had at first',
    'undo the last change',
]


def tiny_tokenizer(path: Path) -> Tokenizer:
    """Saves a Unigram tokenizer with the words of a dozen sentences and printable ASCII; 0 is padding, 1 EOS, 2
    unknown.

    Scores are counted rather than trained, because the library's trainer is not deterministic.
    """
    counts = Counter(word for sentence in _SENTENCES for word in re.findall('[a-z]+', sentence))
    total = sum(counts.values())
    pieces = [('<pad>', 0.0), ('</s>', 0.0), ('<unk>', 0.0), ('▁', -8.0)]
    pieces += [(chr(code), -12.0) for code in range(33, 127)]
    pieces += [(f'▁{word}', math.log(count / total)) for word, count in sorted(counts.items())]
    pieces.append(('image', -6.0))
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.save(str(path))
    return tokenizer


def export_tiny(
    out: Path, seed: int = 7, precision: Precision = 'fp16-storage', cuda: bool = False
) -> dict[str, float]:
    """Writes the folder; the same seed gives the same weights. Returns each graph's error against PyTorch.

    For int8 the denoiser is twice as wide (96), because narrower layers would all stay float32.
    """
    torch.manual_seed(seed)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / 'tokenizer.json'
        tokenizer = tiny_tokenizer(path)
        dit = DiT(DiTConfig(width=96 if precision == 'int8' else 48, depth=2, heads=2, text_width=32, max_seq_len=64))
        # A freshly initialised DiT ignores its text and predicts zero; this makes every input matter.
        for layer in (dit.final_layer.linear, *(block.cross_attn.o for block in dit.blocks)):
            nn.init.xavier_uniform_(layer.weight)
        vae = Vae(VaeConfig(ch=16, mult=(1, 1, 1, 1), res_blocks=1))
        text_encoder = TextEncoder(
            TextEncoderConfig(vocab=tokenizer.get_vocab_size(), width=32, layers=2, heads=2, head_dim=16, ff=64)
        )
        return export_folder(
            out,
            dit,
            vae,
            text_encoder,
            path,
            {
                'name': 'tiny',
                'title': 'Tiny',
                'description': 'untrained test model: its pictures are noise',
                'latentScale': 1.0,
                'limits': {'maxFrameTokens': 64, 'maxSteps': 50},
                'defaults': {'width': 64, 'height': 64, 'steps': 4},
                'examples': _SENTENCES[:3],
                'training': {'trained': False, 'seed': seed, 'command': 'python -m atelier_ml export-tiny'},
            },
            precision,
            cuda=cuda,
        )
