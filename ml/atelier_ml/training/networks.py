"""Untrained networks of a config's sizes."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer

from ..model.config import DiTConfig, TextEncoderConfig
from ..model.dit import DiT
from ..model.text_encoder import TextEncoder
from .config import RunConfig
from .objective import Objective
from .pool import padded
from .tokenizer import INDICATORS, tokenise

_BIAS = 15.0
"""Added to attention logits, which reach about this size in a trained encoder: T5 does not scale them down."""
_QUERY_SCALE = 0.3


def new_objective(config: RunConfig, tokenizer: Tokenizer) -> Objective:
    """A denoiser and a text encoder, ready to be trained or to be filled with weights."""
    dit = DiT(DiTConfig.from_dict(config.dit))
    ids, _ = padded(tokenise(tokenizer, list(INDICATORS), 2), 2)
    return Objective(dit, new_text_encoder(config, tokenizer), ids, config.grid)


def new_text_encoder(config: RunConfig, tokenizer: Tokenizer) -> TextEncoder:
    """A text encoder that is sensitive to word order from the start."""
    text_encoder = TextEncoder(TextEncoderConfig.from_dict({**config.text, 'vocab': tokenizer.get_vocab_size()}))
    initialise_word_order(text_encoder)
    return text_encoder


@torch.no_grad()
def initialise_word_order(text_encoder: TextEncoder) -> None:
    """Makes the first head of every layer attend to the previous word, and the second head to the next word.

    A freshly initialised position table is close to zero and, being one small table, learns slowly compared with the
    matrices. Until it has grown, the encoder sees a bag of words and cannot tell `a red star on blue` from
    `a blue star on red`.
    """
    attentions = [block.layer[0].SelfAttention for block in text_encoder.encoder.block]
    table = attentions[0].relative_attention_bias.weight
    # Rows are distance buckets (key minus query): 1 is one back, half the rows plus 1 is one ahead.
    table[1, 0] += _BIAS
    table[table.shape[0] // 2 + 1, 1] += _BIAS
    for attention in attentions:
        rows = 2 * (attention.q.weight.shape[0] // attention.heads)
        attention.q.weight[:rows] *= _QUERY_SCALE
