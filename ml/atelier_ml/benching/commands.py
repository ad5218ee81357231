"""The `bench-graphs` and `bench-torch` commands; `npm run bench:model` calls them."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers both commands. Torch is imported only when one runs, which keeps `--help` fast."""
    graphs = commands.add_parser('bench-graphs', help='write denoisers with random weights, for timing')
    graphs.add_argument('--out', type=Path, required=True, help='folder to write')
    graphs.add_argument('--width', type=int, default=1152, help='width (default 1152, as ACE-0.6B)')
    graphs.add_argument('--depth', type=int, default=28, help='blocks (default 28)')
    graphs.add_argument('--heads', type=int, default=16, help='heads (default 16)')
    graphs.add_argument('--channels', type=int, default=4, help='latent channels (default 4)')
    graphs.add_argument(
        '--precisions',
        nargs='+',
        choices=('fp32', 'fp16', 'mixed', 'int8'),
        default=['fp32', 'int8'],
        help='precisions to write, one graph each (default: fp32 int8)',
    )
    graphs.set_defaults(run_command=_graphs)
    torch = commands.add_parser(
        'bench-torch', help='run such a denoiser in PyTorch, controlled by JSON lines on standard input'
    )
    torch.add_argument('--folder', type=Path, required=True, help='folder written by bench-graphs')
    torch.add_argument('--threads', type=int, required=True, help='number of PyTorch threads')
    torch.set_defaults(run_command=_torch)


def _graphs(options: argparse.Namespace) -> int:
    from ..model.config import DiTConfig
    from .write_denoisers import write_denoisers

    config = DiTConfig(
        in_channels=options.channels, width=options.width, depth=options.depth, heads=options.heads, text_width=64
    )
    write_denoisers(options.out, config, options.precisions)
    return 0


def _torch(options: argparse.Namespace) -> int:
    from .serve_torch import serve_torch

    serve_torch(options.folder, options.threads)
    return 0
