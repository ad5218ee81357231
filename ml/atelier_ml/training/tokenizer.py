"""The small tokenizer: a Unigram model whose tokens are the words of the world's sentences, plus letters for the rest.

Trained the usual way on so few sentences, a Unigram model splits even `make` and `a`; whole words keep texts short.
Text is lower-cased first, so that `Red CIRCLE` and `red circle` are the same.
"""

from __future__ import annotations

import math
import random
import re
import string
from collections import Counter
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from ..world.mentions import indicator
from ..world.rules import WorldRules
from ..world.tasks import random_example, tasks_in

PAD, EOS, UNKNOWN = 0, 1, 2
INDICATORS = tuple(indicator(index) for index in range(10))
FIRST_NAME = 72
"""Id of `{image}`; `{image1}` … `{image9}` follow."""
_LETTER_SCORE = -20.0
"""Lower than any word's score, so that known words are never spelled out."""
_INDICATOR_SCORE = -1.0
_WORDINGS = 2


def train_tokenizer(path: Path, rules: WorldRules, examples: int = 800) -> None:
    """Writes `tokenizer.json`: words scored by log frequency, printable ASCII, and the ten indicators.

    `examples`: how many of each task the words are collected from.
    """
    counts = Counter(word for sentence in _sentences(rules, examples) for word in re.findall(r'[a-z]+', sentence))
    total = sum(counts.values())
    letters = [character for character in string.printable if character.isprintable() and character != ' ']
    pieces = [('<pad>', 0.0), ('</s>', 0.0), ('<unk>', 0.0), ('▁', _LETTER_SCORE)]
    pieces += [(letter, _LETTER_SCORE) for letter in letters if not letter.isupper()]
    assert len(pieces) == FIRST_NAME
    pieces += [(f'▁{name}', _INDICATOR_SCORE) for name in INDICATORS]
    pieces += [(f'▁{word}', math.log(count / total)) for word, count in sorted(counts.items())]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=UNKNOWN, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.save(str(path))


def _sentences(rules: WorldRules, examples: int) -> list[str]:
    rng = random.Random(5)
    sentences = []
    for task in tasks_in(rules):
        for index in range(examples):
            example = random_example(task, 'train', index, rules)
            sentences += [text for _ in range(_WORDINGS) for text in example.say(rng)]
    return [re.sub(r'\{image\d?\}', '', sentence) for sentence in sentences]


def load_tokenizer(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))


def tokenise(tokenizer: Tokenizer, texts: list[str], longest: int) -> list[list[int]]:
    """Token ids with EOS appended, truncated to `longest` tokens including EOS."""
    return [
        [*encoding.ids[: longest - 1], EOS] for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    ]
