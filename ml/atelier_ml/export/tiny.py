"""A complete, valid and untrained model folder for tests."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import nn

from ..model import DiT, DiTConfig, TextEncoder, TextEncoderConfig, Vae, VaeConfig
from .export_folder import export_folder

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
    """Trains a Unigram tokenizer on a dozen sentences and saves it; 0 pads, 1 ends, 2 is unknown."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    alphabet = [chr(code) for code in range(33, 127)]
    trainer = trainers.UnigramTrainer(
        vocab_size=256,
        special_tokens=['<pad>', '</s>', '<unk>'],
        unk_token='<unk>',
        initial_alphabet=alphabet,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_SENTENCES, trainer)
    tokenizer.save(str(path))
    return tokenizer


def export_tiny(out: Path, seed: int = 7) -> dict[str, float]:
    """Writes the folder; the same seed gives the same weights. Returns each graph's error against PyTorch."""
    torch.manual_seed(seed)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / 'tokenizer.json'
        tokenizer = tiny_tokenizer(path)
        dit = DiT(DiTConfig(width=48, depth=2, heads=2, text_width=32, max_seq_len=64))
        # A new DiT ignores its text and predicts zero; these make every input matter.
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
        )
