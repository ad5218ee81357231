"""The parity command on the golden file, and on a file whose numbers are wrong."""

import json
import math
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from atelier_ml.cli import main
from atelier_ml.model import DiT
from atelier_ml.parity.compare import compare
from atelier_ml.parity.engines import TorchEngine
from atelier_ml.parity.golden_dit import GoldenDit


def damaged(source: Path, target: Path, tensor: str, amount: float) -> Path:
    """A copy of a safetensors file with `amount` added to one number of `tensor`."""
    with safe_open(str(source), 'pt') as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    tensors[tensor].view(-1)[0] += amount
    save_file(tensors, str(target), metadata)
    return target


def test_both_engines_pass_every_case(golden: Path, tmp_path: Path) -> None:
    report, graphs = tmp_path / 'report.json', tmp_path / 'graphs'
    file = golden / 'ace_dit_golden_a.safetensors'
    assert main(['parity', str(file), '--json', str(report), '--export-dir', str(graphs)]) == 0
    results = json.loads(report.read_text())
    for engine in ('pytorch', 'onnx'):
        outputs = {(r['case'], r['output']) for r in results if r['engine'] == engine}
        assert {
            ('text_to_image', 'eps_uncond'),
            ('edit_masked', 'eps_cond'),
            ('long_context', 'eps_cond'),
            ('batch_of_two', 'eps_uncond'),
            ('sample_long_context', 'x0_final'),
        } <= outputs
    assert all(result['passed'] and result['error'] < 5e-5 for result in results)
    assert {path.name for path in graphs.iterdir()} == {'conditioner.onnx', 'denoiser.onnx', 'manifest.json'}


def test_one_wrong_number_fails_the_command(golden: Path, tmp_path: Path, capsys) -> None:
    tensor = 'batch_of_two.b1.eps_uncond'
    file = damaged(golden / 'ace_dit_golden_a.safetensors', tmp_path / 'wrong.safetensors', tensor, 0.01)
    assert main(['parity', str(file)]) == 1
    failed = [line for line in capsys.readouterr().out.splitlines() if line.endswith('FAILED')]
    assert [line.split()[:3] for line in failed] == [
        ['batch_of_two', 'eps_uncond', 'pytorch'],
        ['batch_of_two', 'eps_uncond', 'onnx'],
    ]


def test_no_number_at_all_is_a_failure_too(golden: Path, tmp_path: Path) -> None:
    tensor = 'batch_of_two.b1.eps_uncond'
    file = damaged(golden / 'ace_dit_golden_a.safetensors', tmp_path / 'nan.safetensors', tensor, math.nan)
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
