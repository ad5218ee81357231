"""Teaches the text encoder what instructions mean, with scenes as fields in place of pictures.

Trained with the denoiser alone, the encoder stayed a bag of words for thousands of updates ("a red circle on the left and a
blue square on the right" and its mirror image gave one and the same prediction). Without pictures a sample costs a
small part, and the lesson is plain: 30,000 samples taught it which colour belongs to which thing and which thing where.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from pathlib import Path

import torch

from ..model.text_encoder import TextEncoder
from .clock import Clock
from .config import RunConfig
from .files import append_row, save_whole
from .machine import Machine, compute
from .optimiser import Optimisers
from .progress import progress
from .scene_fields import SceneFields
from .scene_reader import SceneReader, read_right, reading_loss
from .text_pairs import TextPairs, text_pairs

TEXT_FILE = 'text_encoder.pt'
_TESTS = 2000
_ROW_EVERY = 30.0


def train_text(config: RunConfig, run: Path, tokenizer, text_encoder: TextEncoder, draw_examples) -> dict[str, float]:
    """Trains for `textTraining.minutes`, writes `text_encoder.pt`, returns the share of test instructions that are read
    wholly right, by task.

    `draw_examples(split, count)` gives examples of the world. Settings: seed, minutes, batch, rate (AdamW's peak),
    muonFactor, warmup (updates), examples (drawn ahead).
    """
    settings = config.raw['textTraining']
    torch.manual_seed(settings['seed'])
    machine = compute()
    fields = SceneFields(config.world.kinds, tuple(config.world.backgrounds))
    reader = machine.place(SceneReader(fields.classes, config.text['width']))
    machine.place(text_encoder)
    optimiser = Optimisers([reader, text_encoder], settings['rate'], settings['muonFactor'], 0.01)
    rng = random.Random(settings['seed'])
    pool = text_pairs(draw_examples('train', settings['examples']), fields, tokenizer, rng)
    tests = text_pairs(draw_examples('test', _TESTS), fields, tokenizer, rng)
    draws = torch.Generator().manual_seed(settings['seed'])
    bar = progress(None, 'instructions', total=100)
    clock = Clock(settings['minutes'] * 60)
    clock.start()
    row = time.monotonic()
    while not clock.over:
        picks = torch.randint(len(pool), (settings['batch'],), generator=draws)
        with machine.autocast():
            logits, before, after = _read(reader, text_encoder, pool, picks, machine)
            loss = reading_loss(logits, before[:, 0], after)
        loss.backward()
        optimiser.step(clock.rate(settings['warmup']))
        clock.step += 1
        bar.n = round(100 * clock.share, 1)
        bar.set_postfix(step=clock.step, loss=f'{loss.item():.4f}', refresh=False)
        bar.update(0)
        if time.monotonic() - row > _ROW_EVERY:
            right = _judge(reader, text_encoder, tests, machine)['all']
            facts = {'step': clock.step, 'seconds': round(clock.now), 'loss': round(loss.item(), 5), 'right': right}
            append_row(run / 'text_losses.csv', facts)
            row = time.monotonic()
    right = _judge(reader, text_encoder, tests, machine)
    weights = {name: value.cpu() for name, value in text_encoder.state_dict().items()}
    save_whole({'weights': weights, 'right': right, 'step': clock.step}, run / TEXT_FILE)
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
