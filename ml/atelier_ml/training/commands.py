"""The training commands: `train-vae`, `train-text`, `train`, `train-decoder`, `train-last-step`, `sample-sheet`,
`loss-chart`, `check`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .config import RunConfig


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Registers the commands. Torch is loaded when one runs, so that `--help` stays quick."""
    for name, help_text, run_command in (
        ('train-vae', 'train the autoencoder on drawn scenes', _train_vae),
        ('train-text', 'train the text encoder on instructions, without pictures', _train_text),
        ('train', 'train the denoiser on the frozen autoencoder and text encoder', _train),
        ('train-decoder', 'train the decoder on what the frozen denoiser draws', _train_decoder),
        ('train-last-step', "train the sampler's last step in pixels, denoiser and decoder", _train_last_step),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument('--config', default='nano', help='a config in ml/configs, or a path (default nano)')
        command.add_argument('--run', type=Path, required=True, help="the run's folder; made when missing")
        command.add_argument('--resume', action='store_true', help="go on from the run's newest state")
        command.add_argument('--minutes', type=float, help="minutes of training in all (default: the config's)")
        if name not in ('train-decoder', 'train-last-step'):
            command.add_argument(
                '--from', dest='start', type=Path, help='a model folder to begin with, for example ../models/ace-mini'
            )
        command.set_defaults(run_command=run_command)
    sheet = commands.add_parser('sample-sheet', help="draw a sheet of samples with a run's newest weights")
    _sampling(sheet)
    sheet.add_argument('--out', type=Path, help='the PNG to write (default RUN/sheets/sheet.png)')
    sheet.set_defaults(run_command=_sheet)
    chart = commands.add_parser('loss-chart', help="draw a run's loss curve")
    chart.add_argument('--run', type=Path, required=True, help="the run's folder")
    chart.add_argument('--out', type=Path, required=True, help='the PNG to write')
    chart.set_defaults(run_command=_chart)
    check = commands.add_parser('check', help='judge a run on test scenes; writes RUN/check.json')
    _sampling(check)
    check.add_argument('--cases', type=int, default=100, help='cases a task (default 100)')
    check.set_defaults(run_command=_check)


def _sampling(command: argparse.ArgumentParser) -> None:
    command.add_argument('--run', type=Path, required=True, help="the run's folder")
    command.add_argument('--steps', type=int, help="sampling steps (default: the model's, as its manifest will say)")
    command.add_argument('--scale', type=float, help="guidance scale (default: the model's)")
    command.add_argument('--rescale', type=float, help="guidance rescale, 0 to 1 (default: the model's)")


def _changed(options: argparse.Namespace) -> dict[str, float]:
    """What of the sampling is not the model's default."""
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
    right = train_text(_config(options), options.run, options.resume, options.start)
    print('\n'.join(f'{task:20} {100 * share:3.0f} % read right' for task, share in right.items()))
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
    draw_sheet(options.run, out, **_changed(options))
    print(out)
    return 0


def _chart(options: argparse.Namespace) -> int:
    from .loss_chart import draw_losses

    draw_losses(options.run / 'losses.csv', options.out)
    return 0


def _check(options: argparse.Namespace) -> int:
    from .check import check_run, table

    result = check_run(options.run, options.cases, **_changed(options))
    (options.run / 'check.json').write_text(json.dumps(result, indent=2) + '\n')
    print(table(result))
    return 0
