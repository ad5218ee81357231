"""Reads the tokenizer of a Hugging Face folder."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from .checkpoint_error import CheckpointError

_UNIGRAM = 1
_UNKNOWN = 2


def read_tokenizer(path: Path, vocab: int) -> Tokenizer:
    """Reads a folder's `tokenizer.json` or else its `spiece.model`, or either file by its own path.

    vocab: rows of the text encoder's embedding table; every token must have one.
    Raises CheckpointError if there is none, if it cannot be read, if it has more tokens, or no `<pad>` or `</s>`.
    """
    file = path
    if path.is_dir():
        file = next((path / name for name in ('tokenizer.json', 'spiece.model') if (path / name).is_file()), path)
    if not file.is_file():
        raise CheckpointError(f'{path}: contains neither tokenizer.json nor spiece.model')
    if file.suffix == '.json':
        try:
            tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises plain Exception
            raise CheckpointError(f'{file}: is not a tokenizer ({error})') from error
    else:
        tokenizer = tokenizer_of_sentencepiece(file)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    special = [name for name in ('<pad>', '</s>') if tokenizer.token_to_id(name) is None]
    if special:
        raise CheckpointError(f'{file}: has no {" or ".join(special)}, so it is not a T5 tokenizer')
    highest = max(tokenizer.get_vocab().values())
    if highest >= vocab:
        raise CheckpointError(f'{file}: has token {highest}, but the text encoder has only {vocab}')
    return tokenizer


def tokenizer_of_sentencepiece(path: Path) -> Tokenizer:
    """A tokenizer with the file's pieces, scores and character map that splits like T5 (every word begins with `▁`).

    Raises CheckpointError if the file is not a SentencePiece model of the Unigram type.
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
        raise CheckpointError(f'{path}: is cut short, or not a SentencePiece model ({error!r})') from error
    if kind != _UNIGRAM or unknown is None:
        raise CheckpointError(f'{path}: is not a Unigram model with an unknown token, as T5 has')
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    steps: list = [normalizers.Precompiled(charsmap)] if charsmap else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(Regex(' {2,}'), ' ')])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    return tokenizer


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: varints as integers, all others as bytes."""
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
