"""Attention never holds its score matrix: seen in the graph that ONNX Runtime runs, and in memory."""

import collections
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from atelier_ml.export.graph_modules import no_history
from atelier_ml.export.graph_spec import dit_specs
from atelier_ml.export.trace import trace
from atelier_ml.model import DiT, DiTConfig, FrameLayout

FRAMES, HEADS = 6, 4
TOKENS = FRAMES * 1024


@pytest.fixture(scope='module')
def wide(tmp_path_factory) -> Path:
    """One block, heads as wide as the published models'."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp('wide') / 'denoiser.onnx'
    onnx.save(trace(dit_specs(DiT(DiTConfig(width=72 * HEADS, heads=HEADS, depth=1, text_width=64)).eval())[1]), path)
    return path


def test_what_onnx_runtime_runs_is_fused(wide: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(wide.with_name('optimised.onnx'))
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(wide), options, providers=['CPUExecutionProvider'])
    kinds = collections.Counter(node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node)
    assert (kinds['MultiHeadAttention'], kinds['RotaryEmbedding']) == (2, 2)
    # Queries and keys of the self-attention, queries of the cross-attention; before attention, feed-forward, output.
    assert (kinds['SimplifiedLayerNormalization'], kinds['LayerNormalization']) == (3, 3)
    assert kinds['FastGelu'] + kinds['Gelu'] + kinds['BiasGelu'] == 1
    assert not {'Softmax', 'Pow', 'ReduceMean', 'Sqrt', 'Erf', 'Tanh'} & set(kinds)
    # Linear layers alone: patches, q, k, v, o, q, o, two of the feed-forward, eps.
    assert kinds['MatMul'] + kinds['FusedMatMul'] == 10


# In a process of its own: the peak of this one may be older. Prints by how many bytes the peak grew.
PEAK = """
import re, sys
import numpy as np, onnxruntime
peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1]) * 1024
session = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
feeds = dict(np.load(sys.argv[2]))
before = peak()
session.run(None, feeds)
print(peak() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='reads /proc')
def test_six_frames_of_1024_tokens_take_less_memory_than_the_scores_would(wide: Path) -> None:
    layout, width = FrameLayout.of([(32, 32)] * FRAMES), 72 * HEADS
    projected = (1, 1, FRAMES, 8, width)
    inputs = {
        'patches': torch.randn(1, TOKENS, 20),
        'positions': layout.positions,
        'timestep': torch.tensor([500.0]),
        'keys': torch.randn(projected),
        'values': torch.randn(projected),
        'text_lengths': torch.full((1, FRAMES), 8, dtype=torch.int32),
        'indicator_embedding': torch.randn(1, FRAMES, width),
        'frame_slots': layout.frame_slots,
        'token_slot': layout.token_slot,
        'target_tokens': torch.tensor([layout.target_tokens]),
        **no_history(DiTConfig(width=width, depth=1), 1, TOKENS),
    }
    feeds = wide.with_name('feeds.npz')
    np.savez(feeds, **{name: value.numpy() for name, value in inputs.items()})
    command = [sys.executable, '-c', PEAK, str(wide), str(feeds)]
    grown = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    scores = HEADS * TOKENS * TOKENS * 4
    assert 0 < grown < scores / 2
