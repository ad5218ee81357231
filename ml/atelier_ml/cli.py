"""The command line: `python -m atelier_ml COMMAND`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .benching.commands import add_commands as add_benching_commands
from .convert.commands import add_commands as add_convert_commands
from .export.commands import add_commands as add_export_commands
from .judging.commands import add_commands as add_judging_commands
from .parity.commands import add_commands as add_parity_commands
from .training.commands import add_commands as add_training_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status. Errors the user can fix print one line to stderr, with status 2."""
    parser = argparse.ArgumentParser(
        prog='python -m atelier_ml', description='The ACE model in PyTorch: conversion, training, export, parity.'
    )
    commands = parser.add_subparsers(title='commands', metavar='COMMAND', required=True)
    add_parity_commands(commands)
    add_convert_commands(commands)
    add_export_commands(commands)
    add_training_commands(commands)
    add_judging_commands(commands)
    add_benching_commands(commands)
    options = parser.parse_args(arguments)
    try:
        return options.run_command(options)
    except (FileNotFoundError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
