"""The commands `judge-cases` and `judge`. `npm run judge` runs both, with the pipeline in between."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers the commands. Torch is imported only when one runs, which keeps `--help` fast."""
    draw = commands.add_parser('judge-cases', help='draw test conversations for the pipeline to run')
    draw.add_argument('--out', type=Path, required=True, help='folder to write cases.json and pictures to')
    draw.add_argument('--config', default='nano', help='config in ml/configs, or a path (default nano)')
    draw.add_argument('--cases', type=int, default=100, help='cases per row (default 100)')
    draw.add_argument('--rows', default='', help='comma-separated names of rows (default: all)')
    draw.add_argument('--seed', type=int, default=0, help='draw a different set of test cases (default 0)')
    draw.set_defaults(run_command=_draw)
    judge = commands.add_parser('judge', help='judge the pictures that the pipeline generated for test conversations')
    judge.add_argument('--cases', type=Path, required=True, help='folder with cases.json')
    judge.add_argument('--outputs', type=Path, required=True, help='folder with the pictures')
    judge.add_argument('--model', type=Path, help="model folder, whose autoencoder determines the rows' ceiling")
    judge.add_argument('--rows', default='', help='comma-separated names of rows (default: all)')
    judge.add_argument('--processes', type=int, default=1, help='number of parallel processes (default 1)')
    judge.set_defaults(run_command=_judge)


def _draw(options: argparse.Namespace) -> int:
    from ..training.config import RunConfig
    from .case_file import write_cases
    from .rows import draw_cases

    config = RunConfig.load(options.config)
    cases = draw_cases(config.world, options.cases, options.seed, _names(options))
    write_cases(options.out, cases, config.side, {'config': options.config, 'seed': options.seed})
    return 0


def _judge(options: argparse.Namespace) -> int:
    from .judge_outputs import judge_outputs
    from .report import tables, write_report

    report = judge_outputs(options.cases, options.outputs, options.model, _names(options), options.processes)
    text = tables(report)
    write_report(options.outputs, report, text)
    print(text)
    print(f'\n{options.outputs / "report.json"}')
    return 0


def _names(options: argparse.Namespace) -> tuple[str, ...]:
    return tuple(name for name in options.rows.split(',') if name)
