"""Asks the denoiser's layers what its tokens show, in the words of the text encoder.

By the error of the picture alone it learned only slowly which of two things an instruction means: both were changed, or
blurred. Here tokens of images must say in the space of the words what they show, early on, so that a later layer can
compare that with the instruction; then whether they are to change; and those of the target what they are to become.
Only training has these heads.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from ..model.text_encoder import TextEncoder
from ..world.palette import COLOUR_NAMES
from ..world.scene import FILLS, SIZES, STYLES
from .pool import padded
from .tokenizer import tokenise


class TokenReader(nn.Module):
    """Losses of three questions, by hidden states `[B, F·T, D]` of the denoiser (the target frame first)."""

    def __init__(self, width: int, kinds: Tensor, colours: Tensor) -> None:
        """kinds `[K, Y]`, colours `[C, Y]`: see `word_vectors`."""
        super().__init__()
        self.register_buffer('kinds', kinds)
        self.register_buffer('colours', colours)
        self.background = nn.Parameter(torch.zeros(1, kinds.shape[1]))
        # Kinds and colours are read as words, so that a later layer can compare them with an instruction's.
        outputs = (kinds.shape[1], kinds.shape[1], len(SIZES), len(FILLS), len(STYLES))
        self.seen = nn.ModuleList(nn.Linear(width, size) for size in outputs)
        self.wanted = nn.ModuleList(nn.Linear(width, size) for size in outputs)
        self.change = nn.Linear(width, 1)

    def forward(self, early: Tensor, middle: Tensor, late: Tensor, labels: Tensor, current: int) -> Tensor:
        """The sum of the questions' mean losses for hidden states of three depths.

        labels `[B, F, T, 5]` as `token_labels` makes them; `current`: the frame that is edited, 0 for none.
        """
        tokens = labels.shape[2]
        early, middle, late = (
            F.layer_norm(x, x.shape[-1:]).unflatten(1, (labels.shape[1], tokens)) for x in (early, middle, late)
        )
        losses = self._read(self.wanted, late[:, 0], labels[:, 0])
        if labels.shape[1] > 1:
            losses = losses + self._read(self.seen, early[:, 1:], labels[:, 1:])
        if current:
            losses = losses + self._changes(middle[:, current], labels[:, current], labels[:, 0])
        return losses

    def _read(self, heads: nn.ModuleList, hidden: Tensor, labels: Tensor) -> Tensor:
        tables = (torch.cat((self.background, self.kinds)), self.colours)
        logits = [head(hidden).float() for head in heads]
        logits[:2] = (read @ table.T for read, table in zip(logits, tables, strict=False))
        return sum(_mean_entropy(read, labels[..., place]) for place, read in enumerate(logits))

    def _changes(self, hidden: Tensor, before: Tensor, after: Tensor) -> Tensor:
        known = (before > 0) & (after > 0)
        differs = (known & (before != after)).any(-1).float()
        losses = F.binary_cross_entropy_with_logits(self.change(hidden)[..., 0].float(), differs, reduction='none')
        counts = known[..., 0].float()
        return (losses * counts).sum() / counts.sum().clamp(min=1)


def _mean_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy over the labels that are known (> 0)."""
    total = F.cross_entropy(logits.flatten(0, -2), labels.flatten().long() - 1, ignore_index=-1, reduction='sum')
    return total / (labels > 0).sum().clamp(min=1)


@torch.no_grad()
def word_vectors(text_encoder: TextEncoder, tokenizer: Tokenizer, kinds: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """What the encoder makes of the kinds' `[K, Y]` and the colours' `[C, Y]` words, less what they have in common.

    Each is the mean over phrases like "the red circle", with all words of the other sort.
    """
    phrases = [f'the {colour} {kind}' for colour in COLOUR_NAMES for kind in kinds]
    ids, lengths = padded(tokenise(tokenizer, phrases, 8), 8)
    device = text_encoder.shared.weight.device
    mask = torch.arange(8)[None] < lengths[:, None]
    hidden = text_encoder(ids.to(device), mask.long().to(device)).float()
    hidden = hidden.unflatten(0, (len(COLOUR_NAMES), len(kinds)))
    # Words are single pieces: the article, the colour, the kind.
    return _apart(hidden[:, :, 2].mean(0)), _apart(hidden[:, :, 1].mean(1))


def _apart(vectors: Tensor) -> Tensor:
    return F.normalize(vectors - vectors.mean(0), dim=-1)
