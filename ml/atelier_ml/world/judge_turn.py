"""Judges the picture of one turn as a whole: what it shows, and that nothing else changed."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .judge import Verdict, changed_as_asked, empty_right, judge, unchanged
from .scene import Scene


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
