"""The error for unusable checkpoints."""

from __future__ import annotations


class CheckpointError(ValueError):
    """A checkpoint file cannot be used. The message names the file and every offending tensor."""
