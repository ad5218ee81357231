"""The `export` and `export-tiny` commands."""

from __future__ import annotations

import argparse
from pathlib import Path

# Those of `precision.py`, which loads onnx: too slow for `--help`.
_PRECISIONS = ('fp32', 'fp16-storage', 'fp16', 'mixed', 'int8')


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers both commands. Torch is loaded when one runs, so that `--help` stays quick."""
    run = commands.add_parser('export', help='turn a training run into a model folder')
    run.add_argument('--run', type=Path, required=True, help='the folder of the training run')
    run.add_argument('--out', type=Path, required=True, help='the model folder to write, for example models/ace-mini')
    run.add_argument(
        '--precision',
        choices=_PRECISIONS,
        default='fp16-storage',
        help='fp32; fp16-storage (default): float16 on disk, float32 in use; fp16: in use too; mixed: in products; '
        'int8: 8-bit linear layers, for CPUs',
    )
    run.add_argument(
        '--between',
        type=Path,
        help="the model folder that the run began from: the denoiser is then the mean of that folder's and the run's",
    )
    run.set_defaults(run_command=_export)
    tiny = commands.add_parser('export-tiny', help='write the untrained model folder that tests use')
    tiny.add_argument('--out', type=Path, required=True, help='the model folder to write')
    tiny.add_argument('--seed', type=int, default=7, help='seed of the weights (default 7)')
    tiny.add_argument(
        '--precision', choices=_PRECISIONS, default='fp16-storage', help='as for export (default fp16-storage)'
    )
    tiny.set_defaults(run_command=_export_tiny)


def _export(options: argparse.Namespace) -> int:
    from .export_run import export_run

    return _print(export_run(options.run, options.out, options.precision, options.between))


def _export_tiny(options: argparse.Namespace) -> int:
    from .tiny import export_tiny

    return _print(export_tiny(options.out, options.seed, options.precision))


def _print(errors: dict[str, float]) -> int:
    for file, error in errors.items():
        print(f'{file:20} differs from PyTorch by at most {error:.1e} of its std')
    return 0
