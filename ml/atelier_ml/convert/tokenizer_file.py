"""The tokenizer of a Hugging Face folder."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from .checkpoint_error import CheckpointError


_UNIGRAM = 1
_UNKNOWN = 2


def read_tokenizer(path: Path, vocab: int) -> Tokenizer:
    """`tokenizer.json` of a folder, else its `spiece.model`; or one of the two files itself.

    vocab: rows of the text encoder's table, which every token must have.
    Raises CheckpointError if there is none, it cannot be read, it has more tokens, or no `<pad>` and `</s>`.
    """
    file = path
    if path.is_dir():
        file = next((path / name for name in ('tokenizer.json', 'spiece.model') if (path / name).is_file()), path)
    if not file.is_file():
        raise CheckpointError(f'{path}: holds neither tokenizer.json nor spiece.model')
    if file.suffix == '.json':
        try:
            tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises plain Exception
            raise CheckpointError(f'{file}: is no tokenizer ({error})') from error
    else:
        tokenizer = tokenizer_of_sentencepiece(file)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    special = [name for name in ('<pad>', '</s>') if tokenizer.token_to_id(name) is None]
    if special:
        raise CheckpointError(f'{file}: has no {" and no ".join(special)}, so it is not a T5 tokenizer')
    highest = max(tokenizer.get_vocab().values())
    if highest >= vocab:
        raise CheckpointError(f'{file}: has token {highest}, but the text encoder knows only {vocab}')
    return tokenizer


def tokenizer_of_sentencepiece(path: Path) -> Tokenizer:
    """Pieces, scores and the character map of the file, for T5's way of cutting (every word begins with `▁`).

    Raises CheckpointError if the file is no SentencePiece model, or one of another kind than Unigram.
    """
    pieces: list[tuple[str, float]] = []
    unknown, kind, charsmap = None, _UNIGRAM, b''
    try:
        for field, value in _fields(path.read_bytes()):
            # sentencepiece_model.proto, ModelProto: 1 pieces, 2 trainer_spec, 3 normalizer_spec.
            if field == 1:
                piece = dict(_fields(value))
                if piece.get(3) == _UNKNOWN:
                    unknown = len(pieces)
                pieces.append((piece[1].decode('utf8'), struct.unpack('<f', piece[2])[0] if 2 in piece else 0.0))
            elif field == 2:
                kind = dict(_fields(value)).get(3, _UNIGRAM)
            elif field == 3:
                charsmap = dict(_fields(value)).get(2, b'')
    except (ValueError, KeyError, IndexError, AttributeError, struct.error) as error:
        raise CheckpointError(f'{path}: is cut short, or no SentencePiece model ({error!r})') from error
    if kind != _UNIGRAM or unknown is None:
        raise CheckpointError(f'{path}: is no Unigram model with an unknown token, as T5 has')
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    steps: list = [normalizers.Precompiled(charsmap)] if charsmap else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(Regex(' {2,}'), ' ')])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    return tokenizer


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: whole numbers as they are, all others as bytes."""
    place = 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(data):
        key = number()
        wire = key & 7
        if wire == 0:
            yield key >> 3, number()
            continue
        if wire not in (1, 2, 5):
            raise ValueError(f'wire type {wire}')
        length = number() if wire == 2 else {1: 8, 5: 4}[wire]
        if place + length > len(data):
            raise ValueError('a field ends after the file')
        yield key >> 3, data[place : place + length]
        place += length
