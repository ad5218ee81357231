"""The training pool: examples as latents, masks and token ids, precomputed so that a step only moves tensors."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from ..model.patches import patchify
from ..model.vae import Vae
from ..progress import progress
from ..world.draw_images import draw_marks
from ..world.example import Example
from ..world.region import Region
from ..world.seeds import Split
from ..world.tasks import GROUPS, random_example, tasks_in
from ..world.unit import UnitImage
from .config import RunConfig
from .files import save_whole
from .image_pool import draw_image_pool
from .latent_masks import latent_masks
from .machine import Machine
from .patch_labels import patch_labels
from .tokenizer import EOS, PAD, tokenise
from .vae_training import encode_pool

LONGEST = 64
"""Maximum number of tokens per text; longer texts are truncated."""

_TASK_STRIDE = 1_000_000
"""Keeps any two examples, whatever their tasks, from being drawn from the same seed."""


@dataclass(frozen=True)
class Bucket:
    """n examples of one task group with the same layout: `frames` images and `units` texts each.

    `layout`: number of images per unit. `target [n]`, `images [n, frames]`: rows of `Pool.latents`, oldest image
    first. `masks [n, frames]`: rows of `Pool.masks`. `texts [n, units, variants, LONGEST]` int16, padded, and
    `lengths [n, units, variants]`: texts name images by their position within their own unit.
    """

    layout: tuple[int, ...]
    target: Tensor
    images: Tensor
    masks: Tensor
    texts: Tensor
    lengths: Tensor

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class Pool:
    """latents `[pictures, T, 4 C]` float16, scaled, as patches in the order (channel, row, column); labels
    `[pictures, T, 5]` uint8, see `patch_labels`; masks `[masks, T, 4]` uint8, the first all ones; `buckets`: task
    group → its examples, one bucket per layout.
    """

    latents: Tensor
    labels: Tensor
    masks: Tensor
    buckets: dict[str, list[Bucket]]

    def __len__(self) -> int:
        return sum(len(bucket) for buckets in self.buckets.values() for bucket in buckets)


def build_pool(
    config: RunConfig, vae: Vae, latent_scale: float, tokenizer: Tokenizer, machine: Machine, keep: Path
) -> Pool:
    """Draws and encodes `training.examples` examples with `training.texts` wordings each; cached in the file `keep`.

    Groups get their share of `training.mixture`; the tasks of a group share it equally, or by the weights in
    `training.tasks` (task → weight, default 1). Scenes follow `RunConfig.training_world`. Raises ValueError for
    unknown names.
    """
    key = pool_key(config, latent_scale)
    if keep.exists():
        state = torch.load(keep, weights_only=True)
        if state.get('key') == key:
            # Pools saved before buckets had this name.
            saved = state['buckets'] if 'buckets' in state else state['shelves']
            buckets = {group: [Bucket(**bucket) for bucket in rows] for group, rows in saved.items()}
            return Pool(state['latents'], state['labels'], state['masks'], buckets)
    pool, *_ = fill_pool(
        config, draw_examples(config, config.training['examples']), vae, latent_scale, tokenizer, machine
    )
    rows = {group: [vars(bucket) for bucket in own] for group, own in pool.buckets.items()}
    save_whole({'key': key, 'latents': pool.latents, 'labels': pool.labels, 'masks': pool.masks, 'buckets': rows}, keep)
    return pool


def fill_pool(
    config: RunConfig,
    examples: dict[str, list[Example]],
    vae: Vae,
    latent_scale: float,
    tokenizer: Tokenizer,
    machine: Machine,
) -> tuple[Pool, Tensor, list[UnitImage]]:
    """Draws and encodes examples. Also returns the images, uint8 `[pictures, 3, side, side]`, and what they show, both
    in the order of the latents."""
    pictures: dict[UnitImage, int] = {}
    regions: dict[Region, int] = {}
    rng = random.Random(config.training['seed'])
    buckets = {}
    for group, rows in progress(examples.items(), 'examples'):
        layouts = defaultdict(list)
        for example in rows:
            layouts[example.layout].append(example)
        buckets[group] = [
            _bucket(own, config.training['texts'], rng, tokenizer, pictures, regions) for own in layouts.values()
        ]
    drawn = draw_image_pool(list(pictures), config.side, machine)
    latents = patchify(encode_pool(vae, drawn, machine).float() * latent_scale, config.dit['patch']).half()
    labels = patch_labels(pictures, config.world.kinds, config.grid)
    return Pool(latents, labels, _mask_patches(list(regions), config), buckets), drawn, list(pictures)


def draw_examples(config: RunConfig, count: int, split: Split = 'train', first: int = 0) -> dict[str, list[Example]]:
    """Task group → its share of `count` examples. Two calls have no example in common if one's `first` is at least the
    other's `first + count`."""
    mixture, weights = config.training['mixture'], config.training.get('tasks', {})
    rules = config.training_world if split == 'train' else config.world
    unknown = [name for name in mixture if name not in GROUPS]
    unknown += [task for task in weights if not any(task in tasks for tasks in GROUPS.values())]
    if unknown:
        raise ValueError(f'unknown in training: {", ".join(unknown)}; known are {", ".join(GROUPS)} and their tasks')
    examples = {}
    for number, (group, tasks) in enumerate(GROUPS.items()):
        if not mixture.get(group):
            continue
        share = count * mixture[group] / sum(mixture.values())
        known = tasks_in(rules)
        total = sum(weights.get(task, 1.0) for task in tasks if task in known)
        examples[group] = [
            random_example(task, split, (number * 10 + place) * _TASK_STRIDE + index, rules)
            for place, task in enumerate(tasks)
            if task in known
            for index in range(first, first + round(share * weights.get(task, 1.0) / total))
        ]
    return examples


def _bucket(
    examples: list[Example],
    variants: int,
    rng: random.Random,
    tokenizer: Tokenizer,
    pictures: dict[UnitImage, int],
    regions: dict[Region, int],
) -> Bucket:
    """Registers the pictures and masks of examples of one layout and returns their rows."""
    target, images, masks, texts = [], [], [], []
    for example in examples:
        target.append(pictures.setdefault(UnitImage(example.target), len(pictures)))
        used = [image for unit in example.units for image in unit.images]
        images.append([pictures.setdefault(_seen(image), len(pictures)) for image in used])
        masks.append([regions.setdefault(image.region, len(regions) + 1) if image.region else 0 for image in used])
        texts += [text for unit in example.units for text in (unit.say(rng) for _ in range(variants))]
    ids, lengths = padded(tokenise(tokenizer, texts, LONGEST), LONGEST)
    shape = (len(examples), len(examples[0].units), variants)
    rows = [torch.tensor(row, dtype=torch.int64).view(len(examples), -1) for row in (images, masks)]
    return Bucket(
        examples[0].layout, torch.tensor(target), *rows, ids.to(torch.int16).view(*shape, LONGEST), lengths.view(shape)
    )


def _seen(image: UnitImage) -> UnitImage:
    """The part of an image that determines its latent."""
    return image if image.mode == 'erase' else UnitImage(image.view)


def _mask_patches(regions: list[Region], config: RunConfig) -> Tensor:
    side = config.side
    marks = torch.cat([torch.ones(1, side, side), *([draw_marks(regions, side)] if regions else [])])
    return patchify(latent_masks(marks, config.downscale), config.dit['patch']).to(torch.uint8)


def pool_key(config: RunConfig, latent_scale: float) -> str:
    """Identifies the pool: it changes whenever the contents would."""
    settings = {name: config.training.get(name) for name in ('examples', 'texts', 'seed', 'mixture', 'tasks', 'world')}
    facts = json.dumps([latent_scale, config.side, config.raw['world'], settings, 'labels of five'], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()


def padded(rows: list[list[int]], width: int) -> tuple[Tensor, Tensor]:
    """Lists of ids → `[n, width]` int64 and their lengths `[n]` int64."""
    ids = torch.full((len(rows), width), PAD, dtype=torch.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
    return ids, torch.tensor([len(row) for row in rows])


def drop_texts(ids: Tensor, lengths: Tensor, drop: Tensor) -> tuple[Tensor, Tensor]:
    """Replaces the texts where `drop [n]` is true with the empty text, a single EOS."""
    empty = torch.full_like(ids, PAD)
    empty[:, 0] = EOS
    return torch.where(drop[:, None], empty, ids), torch.where(drop, torch.ones_like(lengths), lengths)
