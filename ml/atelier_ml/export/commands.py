"""The commands `export-tiny` and `add-cuda-graphs`, and what they share with `export` (`training/commands.py`)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# The same names as in `precision.py`, which imports onnx and would slow down `--help`.
PRECISIONS = ('fp32', 'fp16-storage', 'fp16', 'mixed', 'int8')


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers the commands. Torch is imported only when one runs, which keeps `--help` fast."""
    tiny = commands.add_parser('export-tiny', help='write the untrained model folder used by tests')
    tiny.add_argument('--out', type=Path, required=True, help='model folder to write')
    tiny.add_argument('--seed', type=int, default=7, help='seed of the weights (default 7)')
    tiny.add_argument(
        '--precision', choices=PRECISIONS, default='fp16-storage', help='as for export (default fp16-storage)'
    )
    tiny.add_argument('--device', choices=('cpu', 'cuda'), default='cpu', help='as for convert (default cpu)')
    tiny.set_defaults(run_command=_export_tiny)
    add = commands.add_parser(
        'add-cuda-graphs', help='write a copy of a model folder that has the graphs for CUDA, too'
    )
    add.add_argument('--model', type=Path, required=True, help='model folder to read')
    add.add_argument('--out', type=Path, required=True, help='model folder to write')
    add.set_defaults(run_command=_add_cuda_graphs)


def print_errors(errors: dict[str, float]) -> None:
    """Prints how far each exported graph is from PyTorch."""
    for file, error in errors.items():
        print(f'{file:20} differs from PyTorch by at most {error:.1e} of its std')


def _export_tiny(options: argparse.Namespace) -> int:
    from .tiny import export_tiny

    print_errors(export_tiny(options.out, options.seed, options.precision, options.device == 'cuda'))
    return 0


def _add_cuda_graphs(options: argparse.Namespace) -> int:
    from .add_cuda_graphs import add_cuda_graphs
    from .self_check import SelfCheckError

    try:
        print_errors(add_cuda_graphs(options.model, options.out))
    except SelfCheckError as error:
        print(f"{error}\nerror: nothing was written, because a graph's output differs from PyTorch's", file=sys.stderr)
        return 1
    return 0
