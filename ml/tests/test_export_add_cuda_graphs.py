"""A model folder gets the graphs for CUDA."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atelier_ml.cli import main

_SHIPPED = Path(__file__).parents[2] / 'models' / 'ace-mini'


def test_the_shipped_model_gets_its_graphs_for_cuda(tmp_path: Path, capsys) -> None:
    out = tmp_path / 'mini'
    # Raises when a graph is further from the network than its precision allows.
    assert main(['add-cuda-graphs', '--model', str(_SHIPPED), '--out', str(out)]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {
        'text_projector.onnx',
        'sampler.onnx',
        'kept_sampler.onnx',
    }
    before, after = (json.loads((folder / 'manifest.json').read_text()) for folder in (_SHIPPED, out))
    cuda = after.pop('cuda')
    assert set(cuda) == {'textProjector', 'sampler', 'keptSampler', 'stepsPerRun'}
    files = {entry['path']: entry['sha256'] for entry in after.pop('files')}
    assert {entry['path']: entry['sha256'] for entry in before.pop('files')}.items() <= files.items()
    assert set(files) == {path.name for path in out.iterdir()} - {'manifest.json'}
    assert after == before


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'cuda': {}}, 'has graphs for CUDA already'),
        ({'precision': 'fp16'}, 'computes in fp16, from which its weights cannot be read'),
        ({'dit': None}, 'does not tell its dit'),
    ],
)
def test_what_it_cannot_do_is_refused(tmp_path: Path, capsys, change: dict, message: str) -> None:
    manifest = json.loads((_SHIPPED / 'manifest.json').read_text()) | change
    kept = {name: value for name, value in manifest.items() if value is not None}
    (tmp_path / 'manifest.json').write_text(json.dumps(kept))
    assert main(['add-cuda-graphs', '--model', str(tmp_path), '--out', str(tmp_path / 'out')]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_what_is_no_model_folder_is_named(tmp_path: Path, capsys) -> None:
    assert main(['add-cuda-graphs', '--model', str(tmp_path), '--out', str(tmp_path / 'out')]) == 2
    assert 'is no model folder' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()
