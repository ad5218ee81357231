"""Conversion of published checkpoints to a model folder. Entry point: `convert`."""
