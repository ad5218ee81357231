"""The imports of the package: no circles, and no folder that uses more than the README's table says."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ML = Path(__file__).parents[1]
PACKAGE = 'atelier_ml'
SHARED = {'progress'}
"""Modules beside the folders that every folder may use."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ML).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


@cache
def imports() -> dict[str, set[str]]:
    """Module → the modules of the package it imports, inside functions too."""
    modules = {module_name(path): path for path in (ML / PACKAGE).rglob('*.py')}
    return {module: _imported(module, path, set(modules)) for module, path in modules.items()}


def _imported(module: str, path: Path, modules: set[str]) -> set[str]:
    parent = module.split('.') if path.name == '__init__.py' else module.split('.')[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf8'))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = parent[: len(parent) - node.level + 1] if node.level else []
            origin = '.'.join([*base, node.module] if node.module else base)
            names = [
                f'{origin}.{alias.name}' if f'{origin}.{alias.name}' in modules else origin for alias in node.names
            ]
        else:
            continue
        found |= {name for name in names if name in modules}
    return found


def folder(module: str) -> str:
    """`atelier_ml.world.tasks.views` → `world`; a module beside the folders → its own name."""
    return module.split('.')[1] if '.' in module else ''


def table() -> dict[str, set[str]]:
    """Folder → the folders that the README lets it use."""
    rows = re.findall(r'^\| `atelier_ml/(\w+)/` \|.*\| ([^|]+) \|$', (ML / 'README.md').read_text('utf8'), re.MULTILINE)
    return {name: set(re.findall(r'`(\w+)`', known)) for name, known in rows}


def test_the_walk_sees_imports_of_every_kind() -> None:
    found = imports()
    assert 'atelier_ml.model.dit' in found['atelier_ml.export.graph_spec']
    assert 'atelier_ml.world.tasks' in found['atelier_ml.training.batches']
    assert 'atelier_ml.training.dit_training' in found['atelier_ml.training.commands'], 'imported in a function'


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        raise AssertionError(' imports '.join(reversed(error.args[1]))) from None


def test_folders_use_what_the_readme_says_and_nothing_else() -> None:
    used: dict[str, set[str]] = {name: set() for name in table()}
    for module, targets in imports().items():
        if folder(module) in used:
            used[folder(module)] |= {folder(target) for target in targets} - {folder(module)} - SHARED
    assert set(used) == {path.name for path in (ML / PACKAGE).iterdir() if (path / '__init__.py').exists()}
    assert used == table()


def test_the_readme_s_table_has_no_circle() -> None:
    TopologicalSorter(table()).prepare()
