"""Teaches the text encoder what instructions mean, with scenes as fields in place of pictures.

Trained with the denoiser alone, the encoder stayed a bag of words for thousands of updates ("a red circle on the left
and a blue square on the right" and its mirror image gave one and the same prediction). Without pictures a sample costs
a small part, and the lesson is plain: 30,000 samples taught it which colour belongs to which thing and which thing
where.
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
from .course import Course
from .every import Every
from .files import append_row, save_whole
from .machine import Machine, compute
from .networks import new_text_encoder
from .pool import draw_examples
from .scene_fields import SceneFields
from .scene_reader import SceneReader, read_right, reading_loss
from .text_pairs import TextPairs, text_pairs
from .tokenizer import load_tokenizer, train_tokenizer
from .warm_start import start_text_encoder

_TESTS = 2000
_ROW_EVERY = 30.0


def train_text(config: RunConfig, run: Path, resume: bool = False, start: Path | None = None) -> dict[str, float]:
    """Trains for `textTraining.minutes`, writes `text_encoder.pt`, returns the share of test instructions that are read
    wholly right, by task. Makes the run's tokenizer if there is none. SIGTERM saves and ends.

    `start`: a model folder to begin with; a run that is resumed has begun, and does not read it. Raises ReadFolderError
    when its sizes are not the config's.

    Settings: seed, minutes, batch, rate (AdamW's peak), muonFactor (Muon's rate as a multiple), warmup (updates),
    examples (drawn ahead, of the tasks in `training.mixture`; the tests are 2,000, or as many).
    """
    settings = config.text_training
    torch.manual_seed(settings['seed'])
    machine = compute()
    if not (run / TOKENIZER_FILE).exists():
        train_tokenizer(run / TOKENIZER_FILE, config.world)
    tokenizer = load_tokenizer(run / TOKENIZER_FILE)
    text_encoder = new_text_encoder(config, tokenizer)
    resume = resume and (run / TEXT_FILE).exists()
    if start is not None and not resume:
        start_text_encoder(start, text_encoder, tokenizer)
    text_encoder.train()
    fields = SceneFields(config.world.kinds, tuple(config.world.backgrounds))
    reader = machine.place(SceneReader(fields.classes, config.text['width']))
    machine.place(text_encoder)
    course = Course('instructions', settings, [reader, text_encoder], weight_decay=0.01)
    rng = random.Random(settings['seed'])
    pool, tests = (
        text_pairs(list(joined.from_iterable(draw_examples(config, count, split).values())), fields, tokenizer, rng)
        for split, count in (('train', settings['examples']), ('test', min(_TESTS, settings['examples'])))
    )
    if resume:
        state = load_part(run, TEXT_FILE)
        text_encoder.load_state_dict(state['weights'])
        reader.load_state_dict(state['reader'])
        course.load(state)
    # A resumed piece draws other batches than the first, but the same ones each time.
    draws = torch.Generator().manual_seed(settings['seed'] + course.step)
    right: dict[str, float] = {}

    def save() -> None:
        right.update(_judge(reader, text_encoder, tests, machine))
        state = {
            'weights': {name: value.cpu() for name, value in text_encoder.state_dict().items()},
            'reader': {name: value.cpu() for name, value in reader.state_dict().items()},
            **course.state(),
            'right': right,
        }
        save_whole(state, run / TEXT_FILE)

    rows = Every(_ROW_EVERY)
    for _ in course.updates(save):
        picks = torch.randint(len(pool), (settings['batch'],), generator=draws)
        with machine.autocast():
            logits, before, after = _read(reader, text_encoder, pool, picks, machine)
            loss = reading_loss(logits, before[:, 0], after)
        loss.backward()
        course.show(loss=f'{loss.item():.4f}')
        if rows.due:
            marks = _judge(reader, text_encoder, tests, machine)['all']
            append_row(run / 'text_losses.csv', {**course.place, 'loss': round(loss.item(), 5), 'right': marks})
    return right


def _read(reader: SceneReader, text_encoder: TextEncoder, pairs: TextPairs, picks: torch.Tensor, machine: Machine):
    """Logits, and the fields before and after, of the picked pairs."""
    before, after, ids, lengths = (
        machine.to(part[picks]) for part in (pairs.before, pairs.after, pairs.ids, pairs.lengths)
    )
    longest = min(ids.shape[1], -(-int(lengths.max()) // 8) * 8)
    mask = torch.arange(longest, device=ids.device)[None] < lengths[:, None]
    return reader(before, text_encoder(ids[:, :longest], mask.long()), ~mask), before, after


@torch.no_grad()
def _judge(reader: SceneReader, text_encoder: TextEncoder, tests: TextPairs, machine: Machine) -> dict[str, float]:
    """Shares of test instructions read right, by task and of `all`."""
    right = []
    for part in torch.arange(len(tests)).split(256):
        with machine.autocast():
            logits, _, after = _read(reader, text_encoder, tests, part, machine)
            right += read_right(logits, after).tolist()
    tasks: dict[str, list[bool]] = defaultdict(list)
    for task, answer in zip(tests.tasks, right, strict=True):
        tasks[task].append(answer)
    shares = {task: round(sum(answers) / len(answers), 3) for task, answers in sorted(tasks.items())}
    return {'all': round(sum(right) / len(right), 4), **shares}
