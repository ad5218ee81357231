"""The `parity` command."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .compare import Comparison


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers the command. Torch is imported only when it runs, which keeps `--help` fast."""
    parser = commands.add_parser(
        'parity',
        help='compare PyTorch and the exported graphs with a golden DiT file',
        description='Runs every case of a golden DiT file through PyTorch and through ONNX graphs of its weights. '
        'Exits with status 1 if an output differs by more than 1e-4 of its standard deviation (1e-3 after sampling).',
    )
    parser.add_argument('file', type=Path, help='a golden DiT file (safetensors)')
    parser.add_argument('--json', type=Path, help='file to write the comparisons to')
    parser.add_argument('--export-dir', type=Path, help='folder to keep the exported graphs in')
    parser.set_defaults(run_command=run_parity)


def run_parity(options: argparse.Namespace) -> int:
    """Prints one line per comparison; returns 1 if any failed, else 0."""
    from .compare import compare_both_engines

    if not options.file.is_file():
        raise FileNotFoundError(f'no such file: {options.file}')
    with tempfile.TemporaryDirectory() as scratch:
        results = compare_both_engines(options.file, options.export_dir or Path(scratch) / 'graphs')
    for result in results:
        print(_line(result))
    if options.json:
        options.json.write_text(json.dumps([_record(result) for result in results], indent=2) + '\n', encoding='utf8')
    return 0 if results and all(result.passed for result in results) else 1


def _line(result: Comparison) -> str:
    verdict = f'(≤ {result.tolerance:.0e}) {"ok" if result.passed else "FAILED"}'
    return f'{result.case:24} {result.output:16} {result.engine:8} {result.error:9.1e} {verdict}'


def _record(result: Comparison) -> dict[str, object]:
    return {
        'case': result.case,
        'output': result.output,
        'engine': result.engine,
        # JSON has no NaN.
        'error': result.error if result.error == result.error else None,
        'tolerance': result.tolerance,
        'passed': result.passed,
    }
