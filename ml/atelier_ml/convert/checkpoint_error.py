"""What is wrong with the files of a checkpoint."""

from __future__ import annotations


class CheckpointError(ValueError):
    """A file of weights cannot be used. The message names the file and every tensor at fault."""
