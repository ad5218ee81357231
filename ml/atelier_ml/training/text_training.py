"""Trains the text encoder to understand instructions, with scenes given as fields instead of images.

When it was trained together with the denoiser, the encoder remained a bag of words for thousands of updates: "a red
circle on the left and a blue square on the right" and its mirror image gave the same prediction. Without images a
sample is far cheaper and the signal is direct: 30,000 samples taught it which colour belongs to which thing, and where.
"""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import chain as joined
from pathlib import Path

import torch

from ..model.text_encoder import TextEncoder
from .checkpoint import TEXT_FILE, TOKENIZER_FILE, load_part
from .config import RunConfig
from .files import append_row, save_whole
from .interval import Interval
from .machine import Machine, best_machine
from .networks import new_text_encoder
from .pool import draw_examples
from .scene_fields import SceneFields
from .scene_predictor import ScenePredictor, all_fields_right, field_loss
from .text_pairs import TextPairs, text_pairs
from .tokenizer import load_tokenizer, train_tokenizer
from .trainer import Trainer
from .warm_start import start_text_encoder

_TESTS = 2000
_ROW_EVERY = 30.0


def train_text(config: RunConfig, run: Path, resume: bool = False, start: Path | None = None) -> dict[str, float]:
    """Trains for `textTraining.minutes` and writes `text_encoder.pt`. SIGTERM saves and stops.

    Returns the accuracy on test instructions per task; an instruction counts if every field is predicted correctly.
    Trains the run's tokenizer first if it has none.
    `start`: model folder to start from; ignored when a run is resumed. Raises ReadFolderError if its sizes differ from
    the config's.

    Settings: seed, minutes, batch, rate (AdamW's peak), muonFactor (Muon's rate relative to it), warmup (updates),
    examples (drawn in advance, from the tasks in `training.mixture`; 2,000 of the test split, or as many if fewer).
    """
    settings = config.text_training
    torch.manual_seed(settings['seed'])
    machine = best_machine()
    if not (run / TOKENIZER_FILE).exists():
        train_tokenizer(run / TOKENIZER_FILE, config.world)
    tokenizer = load_tokenizer(run / TOKENIZER_FILE)
    text_encoder = new_text_encoder(config, tokenizer)
    resume = resume and (run / TEXT_FILE).exists()
    if start is not None and not resume:
        start_text_encoder(start, text_encoder, tokenizer)
    text_encoder.train()
    fields = SceneFields(config.world.kinds, tuple(config.world.backgrounds))
    predictor = machine.place(ScenePredictor(fields.classes, config.text['width']))
    machine.place(text_encoder)
    trainer = Trainer('instructions', settings, [predictor, text_encoder], weight_decay=0.01)
    rng = random.Random(settings['seed'])
    pool, tests = (
        text_pairs(list(joined.from_iterable(draw_examples(config, count, split).values())), fields, tokenizer, rng)
        for split, count in (('train', settings['examples']), ('test', min(_TESTS, settings['examples'])))
    )
    if resume:
        state = load_part(run, TEXT_FILE)
        text_encoder.load_state_dict(state['weights'])
        predictor.load_state_dict(state['scene_predictor'])
        trainer.load(state)
    # A resumed run draws different batches from its first part, but the same ones each time it is resumed there.
    generator = torch.Generator().manual_seed(settings['seed'] + trainer.step)
    right: dict[str, float] = {}

    def save() -> None:
        right.update(_evaluate(predictor, text_encoder, tests, machine))
        state = {
            'weights': {name: value.cpu() for name, value in text_encoder.state_dict().items()},
            'scene_predictor': {name: value.cpu() for name, value in predictor.state_dict().items()},
            **trainer.state(),
            'right': right,
        }
        save_whole(state, run / TEXT_FILE)

    rows = Interval(_ROW_EVERY)
    for _ in trainer.updates(save):
        picks = torch.randint(len(pool), (settings['batch'],), generator=generator)
        with machine.autocast():
            logits, before, after = _predict(predictor, text_encoder, pool, picks, machine)
            loss = field_loss(logits, before[:, 0], after)
        loss.backward()
        trainer.show(loss=f'{loss.item():.4f}')
        if rows.due:
            accuracy = _evaluate(predictor, text_encoder, tests, machine)['all']
            append_row(run / 'text_losses.csv', {**trainer.counters, 'loss': round(loss.item(), 5), 'right': accuracy})
    return right


def _predict(
    predictor: ScenePredictor, text_encoder: TextEncoder, pairs: TextPairs, picks: torch.Tensor, machine: Machine
):
    """Logits, and the fields before and after, for the picked pairs."""
    before, after, ids, lengths = (
        machine.to(part[picks]) for part in (pairs.before, pairs.after, pairs.ids, pairs.lengths)
    )
    longest = min(ids.shape[1], -(-int(lengths.max()) // 8) * 8)
    mask = torch.arange(longest, device=ids.device)[None] < lengths[:, None]
    return predictor(before, text_encoder(ids[:, :longest], mask.long()), ~mask), before, after


@torch.no_grad()
def _evaluate(
    predictor: ScenePredictor, text_encoder: TextEncoder, tests: TextPairs, machine: Machine
) -> dict[str, float]:
    """Accuracy on test instructions, per task and over `all`."""
    right = []
    for part in torch.arange(len(tests)).split(256):
        with machine.autocast():
            logits, _, after = _predict(predictor, text_encoder, tests, part, machine)
            right += all_fields_right(logits, after).tolist()
    tasks: dict[str, list[bool]] = defaultdict(list)
    for task, answer in zip(tests.tasks, right, strict=True):
        tasks[task].append(answer)
    shares = {task: round(sum(answers) / len(answers), 3) for task, answers in sorted(tasks.items())}
    return {'all': round(sum(right) / len(right), 4), **shares}
