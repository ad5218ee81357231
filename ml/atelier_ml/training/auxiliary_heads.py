"""Auxiliary heads on the denoiser's hidden states, used in training only.

With the velocity error alone, the denoiser is slow to learn which of two objects an instruction refers to: it changes
both, or blurs them. These heads add three classification losses per patch: early layers must tell what the condition
images show, in the embedding space of the text encoder, so that later layers can compare it with the instruction;
middle layers must tell whether a patch changes; late layers must tell what the target shows.
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


class AuxiliaryHeads(nn.Module):
    """Three auxiliary losses on hidden states `[B, F·T, D]` of the denoiser (target frame first)."""

    def __init__(self, width: int, kinds: Tensor, colours: Tensor) -> None:
        """kinds `[K, Y]`, colours `[C, Y]`: see `word_vectors`."""
        super().__init__()
        self.register_buffer('kinds', kinds)
        self.register_buffer('colours', colours)
        self.background = nn.Parameter(torch.zeros(1, kinds.shape[1]))
        # Kinds and colours are matched with word vectors, so that later layers can compare them with the instruction.
        outputs = (kinds.shape[1], kinds.shape[1], len(SIZES), len(FILLS), len(STYLES))
        self.seen = nn.ModuleList(nn.Linear(width, size) for size in outputs)
        self.wanted = nn.ModuleList(nn.Linear(width, size) for size in outputs)
        self.change = nn.Linear(width, 1)

    def forward(self, early: Tensor, middle: Tensor, late: Tensor, labels: Tensor, current: int) -> Tensor:
        """The sum of the mean losses, for hidden states at three depths.

        labels `[B, F, T, 5]`: from `patch_labels`; `current`: index of the frame being edited, 0 if there is none.
        """
        tokens = labels.shape[2]
        early, middle, late = (
            F.layer_norm(x, x.shape[-1:]).unflatten(1, (labels.shape[1], tokens)) for x in (early, middle, late)
        )
        losses = self._classify(self.wanted, late[:, 0], labels[:, 0])
        if labels.shape[1] > 1:
            losses = losses + self._classify(self.seen, early[:, 1:], labels[:, 1:])
        if current:
            losses = losses + self._changes(middle[:, current], labels[:, current], labels[:, 0])
        return losses

    def _classify(self, heads: nn.ModuleList, hidden: Tensor, labels: Tensor) -> Tensor:
        tables = (torch.cat((self.background, self.kinds)), self.colours)
        logits = [head(hidden).float() for head in heads]
        logits[:2] = (output @ table.T for output, table in zip(logits, tables, strict=False))
        return sum(_mean_entropy(output, labels[..., place]) for place, output in enumerate(logits))

    def _changes(self, hidden: Tensor, before: Tensor, after: Tensor) -> Tensor:
        known = (before > 0) & (after > 0)
        differs = (known & (before != after)).any(-1).float()
        losses = F.binary_cross_entropy_with_logits(self.change(hidden)[..., 0].float(), differs, reduction='none')
        counts = known[..., 0].float()
        return (losses * counts).sum() / counts.sum().clamp(min=1)


def _mean_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy over the known labels (> 0)."""
    total = F.cross_entropy(logits.flatten(0, -2), labels.flatten().long() - 1, ignore_index=-1, reduction='sum')
    return total / (labels > 0).sum().clamp(min=1)


@torch.no_grad()
def word_vectors(text_encoder: TextEncoder, tokenizer: Tokenizer, kinds: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """Unit vectors of the words for kinds `[K, Y]` and colours `[C, Y]`, centred within each group.

    Each is the mean encoder output over phrases such as "the red circle", across all words of the other group.
    """
    phrases = [f'the {colour} {kind}' for colour in COLOUR_NAMES for kind in kinds]
    ids, lengths = padded(tokenise(tokenizer, phrases, 8), 8)
    device = text_encoder.shared.weight.device
    mask = torch.arange(8)[None] < lengths[:, None]
    hidden = text_encoder(ids.to(device), mask.long().to(device)).float()
    hidden = hidden.unflatten(0, (len(COLOUR_NAMES), len(kinds)))
    # Every word is a single token: article, colour, kind.
    return _centred(hidden[:, :, 2].mean(0)), _centred(hidden[:, :, 1].mean(1))


def _centred(vectors: Tensor) -> Tensor:
    return F.normalize(vectors - vectors.mean(0), dim=-1)
