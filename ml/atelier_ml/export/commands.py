"""The `export-tiny` command, and what it shares with `export` (`training/commands.py`)."""

from __future__ import annotations

import argparse
from pathlib import Path

# The same names as in `precision.py`, which imports onnx and would slow down `--help`.
PRECISIONS = ('fp32', 'fp16-storage', 'fp16', 'mixed', 'int8')


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers the command. Torch is imported only when it runs, which keeps `--help` fast."""
    tiny = commands.add_parser('export-tiny', help='write the untrained model folder used by tests')
    tiny.add_argument('--out', type=Path, required=True, help='model folder to write')
    tiny.add_argument('--seed', type=int, default=7, help='seed of the weights (default 7)')
    tiny.add_argument(
        '--precision', choices=PRECISIONS, default='fp16-storage', help='as for export (default fp16-storage)'
    )
    tiny.add_argument('--device', choices=('cpu', 'cuda'), default='cpu', help='as for convert (default cpu)')
    tiny.set_defaults(run_command=_export_tiny)


def print_errors(errors: dict[str, float]) -> None:
    """Prints how far each exported graph is from PyTorch."""
    for file, error in errors.items():
        print(f'{file:20} differs from PyTorch by at most {error:.1e} of its std')


def _export_tiny(options: argparse.Namespace) -> int:
    from .tiny import export_tiny

    print_errors(export_tiny(options.out, options.seed, options.precision, options.device == 'cuda'))
    return 0
