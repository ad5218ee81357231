"""The judge's report: Markdown tables, in per cent, and the files they are written to."""

from __future__ import annotations

import json
from pathlib import Path

from .statistics import Share, sign_test


def tables(report: dict) -> str:
    """The history rows, with and without history, then the tasks."""
    rows = report['rows'].values()
    history = [_history_line(row) for row in rows if 'none' in row['modes']]
    tasks = [_task_line(row) for row in rows if 'none' not in row['modes']]
    parts = []
    if history:
        parts.append(_table(_HISTORY_HEAD, history))
    parts += [turns for row in rows if (turns := _turns_line(row))]
    if tasks:
        parts.append(_table(_TASK_HEAD, tasks))
    return '\n\n'.join(parts)


_HISTORY_HEAD = (
    'turn', 'cases', 'with history', 'without', 'only with : only without', 'p', 'L1 with', 'L1 without',
    'copy the input', 'random scene', 'ceiling',
)  # fmt: skip
_TASK_HEAD = ('task', 'cases', 'passed', 'L1', 'copy the input', 'random scene', 'ceiling')


def _table(head: tuple[str, ...], lines: list[list[str]]) -> str:
    return '\n'.join(f'| {" | ".join(line)} |' for line in (head, ['---'] * len(head), *lines))


def _history_line(row: dict) -> list[str]:
    with_history, without = row['modes']['lineage'], row['modes']['none']
    helped, harmed = row['helped'], row['harmed']
    return [
        row['title'],
        str(with_history['cases']),
        _share(with_history),
        _share(without),
        f'{helped} : {harmed}',
        f'{sign_test(helped, harmed):.2f}',
        f'{with_history["l1"]:.3f}',
        f'{without["l1"]:.3f}',
        *_baselines(row),
    ]


def _task_line(row: dict) -> list[str]:
    mode = row['modes']['lineage']
    return [row['title'], str(mode['cases']), _share(mode), f'{mode["l1"]:.3f}', *_baselines(row)]


def _turns_line(row: dict) -> str:
    """For conversations of several judged turns: how many pass at each."""
    with_history = row['modes']['lineage']
    if len(with_history['turns']) < 2:
        return ''
    shares = ', '.join(
        f'turn {number}: {passed} (without history {row["modes"]["none"]["turns"][number - 1]})'
        for number, passed in enumerate(with_history['turns'], 1)
    )
    return f'{row["title"]}, of {with_history["cases"]}: {shares}.'


def _share(mode: dict) -> str:
    return str(Share(mode['passed'], mode['cases']))


def _baselines(row: dict) -> list[str]:
    return ['' if row[name] is None else f'{100 * row[name]:.0f}' for name in ('copy', 'random', 'ceiling')]


def write_report(outputs: Path, report: dict, text: str) -> None:
    """Writes `report.json`, and `report.md` with the tables, next to the pictures."""
    (outputs / 'report.json').write_text(json.dumps(report, indent=2, ensure_ascii=False) + '\n', encoding='utf8')
    (outputs / 'report.md').write_text(text + '\n', encoding='utf8')
