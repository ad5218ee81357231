"""Atomic replacement of a folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def swapped_folder(out: Path, owned: set[str]) -> Iterator[Path]:
    """Yields an empty folder that replaces `out` if the block succeeds and is removed if it raises.

    Files of the old folder that are not `owned` (such as a model card and its images) are carried over, unless the
    block wrote a file of that name.
    """
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(f'.{out.name}.{os.getpid()}')
    old = out.with_name(f'.{out.name}.{os.getpid()}.old')
    aside.mkdir()
    try:
        yield aside
        if out.exists():
            for entry in out.iterdir():
                if entry.name not in owned and not (aside / entry.name).exists():
                    copy = shutil.copytree if entry.is_dir() else shutil.copy2
                    copy(entry, aside / entry.name)
            out.rename(old)
        try:
            aside.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
