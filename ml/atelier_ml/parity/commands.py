"""The `parity` command."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import torch

from ..export.export_dit import export_dit
from ..model.dit import DiT
from .compare import Comparison, compare, compare_schedule
from .engines import OnnxEngine, TorchEngine
from .golden_dit import GoldenDit


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers `parity`."""
    parser = commands.add_parser(
        'parity',
        help='compare PyTorch and the exported graphs with a golden DiT file',
        description='Runs every case of a golden DiT file through PyTorch and through ONNX graphs of its weights. '
        'Exit status 1 if an output differs by more than 1e-4 of its standard deviation (1e-3 for sampling runs).',
    )
    parser.add_argument('file', type=Path, help='a golden DiT file (safetensors)')
    parser.add_argument('--json', type=Path, help='write the comparisons to this file')
    parser.add_argument('--export-dir', type=Path, help='keep the exported graphs in this folder')
    parser.set_defaults(run_command=run_parity)


def run_parity(options: argparse.Namespace) -> int:
    """Prints one line a comparison; returns 1 if one failed, else 0."""
    if not options.file.is_file():
        raise FileNotFoundError(f'no such file: {options.file}')
    torch.manual_seed(0)
    golden = GoldenDit(options.file)
    dit = DiT(golden.config)
    dit.load_state_dict(golden.weights())
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.export_dir or Path(scratch) / 'graphs'
        export_dit(folder, dit, 'parity')
        results = list(compare(golden, TorchEngine(dit)))
        results += list(compare(golden, OnnxEngine(folder, golden.config.patch)))
    results += [result for case in golden.cases() for result in compare_schedule(case)]
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
