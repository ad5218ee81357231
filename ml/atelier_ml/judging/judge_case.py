"""Judges the pictures of one test case, together with baselines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor

from ..world.draw_images import draw_images
from ..world.judge_example import judge_example
from ..world.unit import UnitImage
from .case import Case
from .case_file import output_file
from .pictures import read_picture


@dataclass(frozen=True)
class JudgeSettings:
    """Common to all cases: the folder of `outputs`, the `side` and the `kinds` of the world's pictures, and the `model`
    folder whose autoencoder determines the ceiling (None: no ceiling)."""

    outputs: Path
    side: int
    kinds: tuple[str, ...]
    model: Path | None = None


@dataclass(frozen=True)
class Judged:
    """`modes`: mode → (which turns passed, L1 between the last picture and the expected one).

    For the last turn, whether these would pass: `copy`, its input (None for creations); `random`, the expected picture
    of another case; `ceiling`, the expected picture reconstructed by the autoencoder. None if not evaluated.
    """

    modes: dict[str, tuple[list[bool], float]]
    copy: bool | None = None
    random: bool | None = None
    ceiling: bool | None = None


def judge_case(settings: JudgeSettings, case: Case, baselines: bool = False, other_case: Case | None = None) -> Judged:
    """Judges the pictures of a case; with `baselines` also the floors and the ceiling, `other_case` being the case
    whose picture is the random one."""
    modes = {mode: _judge_mode(settings, case, mode) for mode in case.modes}
    if not baselines:
        return Judged(modes)
    wanted, given = _drawn(case, settings.side)

    def passes(picture: Tensor) -> bool:
        return judge_example(picture, case.example(case.judged[-1]), settings.kinds)

    return Judged(
        modes,
        None if case.before(case.judged[-1]) is None else passes(given),
        None if other_case is None else passes(_drawn(other_case, settings.side)[0]),
        None if settings.model is None else passes(through_vae(settings.model, wanted[None])[0]),
    )


def _judge_mode(settings: JudgeSettings, case: Case, mode: str) -> tuple[list[bool], float]:
    pictures = {turn: read_picture(settings.outputs / output_file(case, mode, turn)) for turn in case.judged}
    verdicts = [
        judge_example(picture, case.example(turn), settings.kinds, pictures.get(case.turns[turn].output_of))
        for turn, picture in pictures.items()
    ]
    last = pictures[case.judged[-1]]
    return verdicts, ((last - _drawn(case, last.shape[-1])[0]).abs() / 2).mean().item()


def _drawn(case: Case, side: int) -> Tensor:
    """The expected picture of the last turn, and its input as the model sees it (for creations the same picture)."""
    turn = case.turns[case.judged[-1]]
    return draw_images([UnitImage(turn.expected), turn.images[0] if turn.images else UnitImage(turn.expected)], side)


def use_one_thread() -> None:
    """Initialiser of parallel processes."""
    torch.set_num_threads(1)


def through_vae(model: Path, pictures: Tensor) -> Tensor:
    """Pictures `[n, 3, h, w]` (−1..1), encoded and decoded by the folder's ONNX graphs on one thread."""
    encoder, decoder = _sessions(model)
    latents = encoder.run(['mean'], {'image': pictures.numpy()})[0]
    return torch.from_numpy(decoder.run(['image'], {'latent': latents})[0]).clamp(-1, 1)


@cache
def _sessions(model: Path) -> tuple[onnxruntime.InferenceSession, ...]:
    graphs = json.loads((model / 'manifest.json').read_text(encoding='utf8'))['graphs']
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return tuple(
        onnxruntime.InferenceSession(model / graphs[name], options, providers=['CPUExecutionProvider'])
        for name in ('vaeEncoder', 'vaeDecoder')
    )
