"""The training commands: `train-vae`, `train-text`, `train`, `train-decoder`, `train-last-step`, and what can be done
with a run: `sample-sheet`, `loss-chart`, `check`, `export`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..export.commands import PRECISIONS, print_errors
from .config import RunConfig


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers the commands. Torch is imported only when one runs, which keeps `--help` fast."""
    for name, help_text, run_command in (
        ('train-vae', 'train the autoencoder on drawn scenes', _train_vae),
        ('train-text', 'train the text encoder on instructions, without images', _train_text),
        ('train', 'train the denoiser on the frozen autoencoder and text encoder', _train),
        ('train-decoder', 'fine-tune the decoder on samples of the frozen denoiser', _train_decoder),
        (
            'train-last-step',
            "fine-tune denoiser and decoder on the sampler's last step, in pixel space",
            _train_last_step,
        ),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument('--config', default='nano', help='config in ml/configs, or a path (default nano)')
        command.add_argument('--run', type=Path, required=True, help='folder of the run; created if missing')
        command.add_argument('--resume', action='store_true', help="continue from the run's latest checkpoint")
        command.add_argument('--minutes', type=float, help="total training time in minutes (default: the config's)")
        if name not in ('train-decoder', 'train-last-step'):
            command.add_argument(
                '--from', dest='start', type=Path, help='model folder to start from, for example ../models/ace-mini'
            )
        command.set_defaults(run_command=run_command)
    sheet = commands.add_parser('sample-sheet', help="draw a contact sheet of samples with a run's latest weights")
    _add_sampling(sheet)
    sheet.add_argument('--out', type=Path, help='PNG file to write (default RUN/sheets/sheet.png)')
    sheet.set_defaults(run_command=_sheet)
    chart = commands.add_parser('loss-chart', help="plot a run's loss curve")
    chart.add_argument('--run', type=Path, required=True, help='folder of the run')
    chart.add_argument('--out', type=Path, required=True, help='PNG file to write')
    chart.set_defaults(run_command=_chart)
    check = commands.add_parser('check', help='evaluate a run on test scenes and write RUN/check.json')
    _add_sampling(check)
    check.add_argument('--cases', type=int, default=100, help='cases per task (default 100)')
    check.set_defaults(run_command=_check)
    export = commands.add_parser('export', help='export a training run as a model folder')
    export.add_argument('--run', type=Path, required=True, help='folder of the run')
    export.add_argument('--out', type=Path, required=True, help='model folder to write, for example models/ace-mini')
    export.add_argument(
        '--precision',
        choices=PRECISIONS,
        default='fp16-storage',
        help='fp32; fp16-storage (default): float16 on disk, float32 at run time; fp16: float16 at run time too; '
        'mixed: float16 matrix products only; int8: 8-bit linear layers, for CPUs',
    )
    export.add_argument(
        '--between',
        type=Path,
        help="the model folder that the run started from: exports the mean of its denoiser weights and the run's",
    )
    export.set_defaults(run_command=_export)


def _add_sampling(command: argparse.ArgumentParser) -> None:
    command.add_argument('--run', type=Path, required=True, help='folder of the run')
    command.add_argument('--steps', type=int, help="sampling steps (default: the exported model's)")
    command.add_argument('--scale', type=float, help="guidance scale (default: the exported model's)")
    command.add_argument('--rescale', type=float, help="guidance rescale, 0 to 1 (default: the exported model's)")


def _overrides(options: argparse.Namespace) -> dict[str, float]:
    """The sampling options that were given on the command line."""
    given = {name: getattr(options, name) for name in ('steps', 'scale', 'rescale')}
    return {name: value for name, value in given.items() if value is not None}


def _train_vae(options: argparse.Namespace) -> int:
    from .vae_training import train_vae

    options.run.mkdir(parents=True, exist_ok=True)
    train_vae(_config(options), options.run, options.resume, options.start)
    return 0


def _train_text(options: argparse.Namespace) -> int:
    from .text_training import train_text

    options.run.mkdir(parents=True, exist_ok=True)
    accuracy = train_text(_config(options), options.run, options.resume, options.start)
    print('\n'.join(f'{task:20} {100 * share:3.0f} % read correctly' for task, share in accuracy.items()))
    return 0


def _train(options: argparse.Namespace) -> int:
    from .dit_training import train

    options.run.mkdir(parents=True, exist_ok=True)
    train(_config(options), options.run, options.resume, options.start)
    return 0


def _train_decoder(options: argparse.Namespace) -> int:
    from .decoder_training import train_decoder

    train_decoder(_config(options), options.run, options.resume)
    return 0


def _train_last_step(options: argparse.Namespace) -> int:
    from .last_step_training import train_last_step

    train_last_step(_config(options), options.run, options.resume)
    return 0


def _config(options: argparse.Namespace) -> RunConfig:
    config = RunConfig.load(options.config)
    return config if options.minutes is None else config.with_minutes(options.minutes)


def _sheet(options: argparse.Namespace) -> int:
    from .sample_sheet import draw_sheet

    out = options.out or options.run / 'sheets' / 'sheet.png'
    draw_sheet(options.run, out, **_overrides(options))
    print(out)
    return 0


def _chart(options: argparse.Namespace) -> int:
    from .loss_chart import draw_losses

    draw_losses(options.run / 'losses.csv', options.out)
    return 0


def _check(options: argparse.Namespace) -> int:
    from .check import check_run, table

    result = check_run(options.run, options.cases, **_overrides(options))
    (options.run / 'check.json').write_text(json.dumps(result, indent=2) + '\n')
    print(table(result))
    return 0


def _export(options: argparse.Namespace) -> int:
    from .export_run import export_run

    print_errors(export_run(options.run, options.out, options.precision, options.between))
    return 0
