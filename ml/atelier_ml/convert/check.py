"""One line of the table that a conversion ends with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """How far a written graph is from PyTorch.

    `error` is a share of the expected output's standard deviation: the largest difference, or its root mean square,
    as `what` says. `tolerance` None: the error is a fact to know, not a failure.
    """

    file: str
    what: str
    error: float
    tolerance: float | None

    @property
    def passed(self) -> bool:
        """False for a NaN, too."""
        return (self.tolerance is None and self.error == self.error) or self.error <= (self.tolerance or 0.0)


def check_table(checks: list[Check]) -> str:
    """The checks as lines of text."""
    lines = [f'{"file":20} {"compared":58} {"error / std":>11} {"limit":>8}']
    for check in checks:
        limit = '' if check.tolerance is None else f'{check.tolerance:.0e}'
        failed = '' if check.passed else '  FAILED'
        lines.append(f'{check.file:20} {check.what:58} {check.error:11.1e} {limit:>8}{failed}')
    return '\n'.join(lines)
