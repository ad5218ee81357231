"""The table of checks printed at the end of a conversion."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """How far a graph's output is from PyTorch's.

    `error`: the largest or the root-mean-square difference, as `what` says, in units of the expected output's standard
    deviation. `tolerance` None: the error is reported but cannot fail.
    """

    file: str
    what: str
    error: float
    tolerance: float | None

    @property
    def passed(self) -> bool:
        """Also False if the error is NaN."""
        return (self.tolerance is None and self.error == self.error) or self.error <= (self.tolerance or 0.0)


def check_table(checks: list[Check]) -> str:
    """The checks as a text table."""
    lines = [f'{"file":20} {"compared":58} {"error / std":>11} {"limit":>8}']
    for check in checks:
        limit = '' if check.tolerance is None else f'{check.tolerance:.0e}'
        failed = '' if check.passed else '  FAILED'
        lines.append(f'{check.file:20} {check.what:58} {check.error:11.1e} {limit:>8}{failed}')
    return '\n'.join(lines)
