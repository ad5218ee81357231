"""The parity command on the golden file, and on a file whose numbers are wrong."""

import json
import math
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from atelier_ml.cli import main
from atelier_ml.model import DiT
from atelier_ml.parity.compare import compare
from atelier_ml.parity.engines import OnnxEngine, TorchEngine
from atelier_ml.parity.golden_dit import GoldenDit

WRONG = 'batch_of_two.b1.eps_uncond'


def damaged(source: Path, target: Path, tensor: str, amount: float) -> Path:
    """A copy of a safetensors file with `amount` added to one number of `tensor`."""
    with safe_open(str(source), 'pt') as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    tensors[tensor].view(-1)[0] += amount
    save_file(tensors, str(target), metadata)
    return target


@pytest.fixture(scope='module')
def golden_file(golden: Path) -> Path:
    return golden / 'ace_dit_golden_a.safetensors'


@pytest.fixture(scope='module')
def failed_run(golden_file: Path, tmp_path_factory) -> tuple[list[dict], Path, int]:
    """Report, graphs and exit status of the command on a file with one wrong number."""
    folder = tmp_path_factory.mktemp('parity')
    file = damaged(golden_file, folder / 'wrong.safetensors', WRONG, 0.01)
    report, graphs = folder / 'report.json', folder / 'graphs'
    status = main(['parity', str(file), '--json', str(report), '--export-dir', str(graphs)])
    return json.loads(report.read_text()), graphs, status


def test_one_wrong_number_fails_the_command_in_both_engines_and_nothing_else(failed_run) -> None:
    results, _, status = failed_run
    assert status == 1
    failed = [(r['case'], r['output'], r['engine']) for r in results if not r['passed']]
    assert failed == [('batch_of_two', 'eps_uncond', 'pytorch'), ('batch_of_two', 'eps_uncond', 'onnx')]


def test_the_graphs_pass_every_case_of_the_true_file(golden_file: Path, failed_run) -> None:
    _, graphs, _ = failed_run
    names = {path.name for path in graphs.iterdir()}
    assert names == {'conditioner.onnx', 'denoiser.onnx', 'text_projector.onnx', 'sampler.onnx', 'manifest.json'}
    true_file = GoldenDit(golden_file)
    results = list(compare(true_file, OnnxEngine(graphs, true_file.config)))
    assert {result.case for result in results} == {
        'text_to_image',
        'edit_masked',
        'long_context',
        'batch_of_two',
        'sample_long_context',
    }
    assert all(result.passed and result.error < 5e-5 for result in results)


def test_no_number_at_all_is_a_failure_too(golden_file: Path, tmp_path: Path) -> None:
    file = damaged(golden_file, tmp_path / 'nan.safetensors', WRONG, math.nan)
    golden_dit = GoldenDit(file)
    dit = DiT(golden_dit.config)
    dit.load_state_dict(golden_dit.weights())
    failed = [(r.case, r.output) for r in compare(golden_dit, TorchEngine(dit)) if not r.passed]
    assert failed == [('batch_of_two', 'eps_uncond')]


def test_what_is_no_golden_file_is_one_line(tmp_path: Path, capsys) -> None:
    save_file({'a': torch.zeros(1)}, str(tmp_path / 'other.safetensors'))
    assert main(['parity', str(tmp_path / 'other.safetensors')]) == 2
    assert main(['parity', str(tmp_path / 'absent.safetensors')]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and 'not a golden DiT file' in lines[0] and 'no such file' in lines[1]
