"""Judges the picture made for an example: what it shows, and that nothing else changed."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .draw_images import draw_marks
from .draw_views import draw_views
from .example import Example
from .judge import Verdict, changed_as_asked, empty_right, judge, unchanged
from .judge_view import judge_view
from .scene import Scene

_FRESH = ('from-', 'reference', 'cut-out', 'outpaint')
"""Tasks whose picture is a new one, or judged by all that it shows: nothing of the input must stay."""
_OFF_AT_MOST = 0.04


def judge_example(picture: Tensor, example: Example, kinds: tuple[str, ...], given: Tensor | None = None) -> bool:
    """Whether a picture `[3, h, w]` (−1..1) is what the example asks for.

    `given`: the picture that was edited, when it is not the drawn one but one that the model made. Under a mask the
    result must be right, outside of it the picture must be the old one.
    """
    target, before = example.target, example.before
    if target.kind != 'picture':
        return judge_view(picture, target, kinds)
    edit = before is not None and not example.task.startswith(_FRESH)
    drawn, old = draw_views([target, before if edit else target], picture.shape[-1])
    passed = judge_turn(picture, target.scene, before.scene if edit else None, drawn, old, kinds, given).passed
    return passed and _outside_kept(picture, example)


def _outside_kept(picture: Tensor, example: Example) -> bool:
    """Whether a masked image is still there outside its mask; true without a mask."""
    images = example.units[-1].images
    if not images or images[0].region is None:
        return True
    side = picture.shape[-1]
    outside = draw_marks([images[0].region], side)[0] == 0
    old = draw_views([images[0].view], side)[0]
    return bool(((picture - old).abs() / 2).mean(0)[outside].mean() <= _OFF_AT_MOST)


@dataclass(frozen=True)
class TurnVerdict:
    """`seen`: what the picture shows. `unchanged` is None for creations. `passed` asks for everything."""

    passed: bool
    seen: Verdict
    unchanged: bool | None


def judge_turn(
    picture: Tensor,
    expected: Scene,
    before: Scene | None,
    drawn: Tensor,
    old: Tensor,
    kinds: tuple[str, ...],
    given: Tensor | None = None,
) -> TurnVerdict:
    """Judges a picture `[3, h, w]` (−1..1).

    `drawn` and `old`: the scenes `expected` and `before` as pictures. `given`: the picture that was edited, when it is
    not the drawn one but one that the model made; what should not change is then compared with it.
    """
    verdict = judge(picture, expected, kinds)
    passed = verdict.passed and (bool(expected.things) or empty_right(picture, expected))
    kept = None
    if before is not None:
        kept, _ = unchanged(picture, drawn, old, given)
        passed = passed and kept
        if len(expected.things) < len(before.things) or (before.word and not expected.word):
            # Nothing is left there to be judged by what it shows.
            passed = passed and changed_as_asked(picture, drawn, old)
    return TurnVerdict(passed, verdict, kept)
