"""The `convert` and `random-checkpoint` commands."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers both commands. Torch is imported only when one runs, which keeps `--help` fast."""
    run = commands.add_parser('convert', help='convert published checkpoints to a model folder')
    run.add_argument('--dit', type=Path, required=True, help='DiT weights, for example ace_0.6b_512px.pth')
    run.add_argument('--vae', type=Path, required=True, help='VAE weights, for example vae.bin')
    run.add_argument(
        '--text-encoder', type=Path, required=True, help='Hugging Face folder of T5 v1.1, or a single weights file'
    )
    run.add_argument('--tokenizer', type=Path, required=True, help='folder with tokenizer.json or spiece.model')
    run.add_argument('--out', type=Path, required=True, help='model folder to write; replaced only at the very end')
    run.add_argument(
        '--precision',
        choices=('fp32', 'fp16-storage', 'fp16', 'mixed', 'int8'),
        default='fp32',
        help='of DiT and VAE: fp32 (default); fp16-storage: float16 on disk only; fp16: float16 at run time too; '
        'mixed: float16 matrix products only; int8: 8-bit linear layers, for CPUs',
    )
    run.add_argument(
        '--device',
        choices=('cpu', 'cuda'),
        default='cpu',
        help='cuda: write the graphs for CUDA, too; the folder still runs on a CPU (default cpu)',
    )
    run.add_argument(
        '--text-encoder-bits',
        type=int,
        choices=(16, 8, 4),
        default=8,
        help='bits per weight of the text encoder (default 8)',
    )
    run.add_argument('--size', type=int, help='image size in pixels, 512 or 1024 (default: from the file names)')
    run.add_argument('--heads', type=int, default=16, help='attention heads of the DiT (default 16)')
    run.add_argument('--title', help='display name (default: the name of the folder)')
    run.add_argument(
        '--fast-history-refresh',
        type=int,
        metavar='N',
        help='offer `speed: "fast"`, in which N steps share the keys and values of the history (default: no fast)',
    )
    run.add_argument(
        '--fast-step-cache',
        type=float,
        default=0,
        metavar='CHANGE',
        help='with `speed: "fast"` on CUDA, a step at which the first block changes by less than this share reuses '
        'what the other blocks added at an earlier of the N steps (default 0: every step is computed)',
    )
    run.set_defaults(run_command=_convert)
    fake = commands.add_parser(
        'random-checkpoint', help='write random checkpoints with the layout of the published ones'
    )
    fake.add_argument('--out', type=Path, required=True, help='folder to write')
    fake.add_argument(
        '--size', choices=('tiny', 'ace-dit', 'ace-0.6b'), default='tiny', help='default tiny; ace-0.6b takes 13 GB'
    )
    fake.add_argument(
        '--old-names', action='store_true', help='use the parameter names and fused matrices of older checkpoints'
    )
    fake.add_argument('--seed', type=int, default=0, help='seed of the weights (default 0)')
    fake.set_defaults(run_command=_random_checkpoint)


def _convert(options: argparse.Namespace) -> int:
    from ..export.self_check import SelfCheckError
    from .check import check_table
    from .convert import Conversion, convert

    conversion = {name: value for name, value in vars(options).items() if name != 'run_command'}
    try:
        print(check_table(convert(Conversion(**conversion))))
    except SelfCheckError as error:
        print(f"{error}\nerror: nothing was written, because a graph's output differs from PyTorch's", file=sys.stderr)
        return 1
    return 0


def _random_checkpoint(options: argparse.Namespace) -> int:
    from .random_checkpoint import write_random_checkpoint

    write_random_checkpoint(options.out, options.size, options.old_names, options.seed)
    return 0
