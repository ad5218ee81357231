"""The tokenizer of a Hugging Face folder."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

from .checkpoint_error import CheckpointError
from .sentencepiece_file import tokenizer_of_sentencepiece


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
