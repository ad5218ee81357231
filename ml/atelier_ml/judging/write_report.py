"""Writes a report beside the pictures that it judges."""

from __future__ import annotations

import json
from pathlib import Path


def write_report(outputs: Path, report: dict, text: str) -> None:
    """`report.json`, and `report.md` with the tables."""
    (outputs / 'report.json').write_text(json.dumps(report, indent=2, ensure_ascii=False) + '\n', encoding='utf8')
    (outputs / 'report.md').write_text(text + '\n', encoding='utf8')
