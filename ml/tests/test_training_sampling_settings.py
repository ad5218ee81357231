import json
from dataclasses import replace

from atelier_ml.training.config import CONFIG_FOLDER, RunConfig
from atelier_ml.training.sampling_settings import SamplingSettings


def test_runs_are_sampled_as_their_model_will_be():
    settings = SamplingSettings.of(RunConfig.load('nano'))
    defaults = json.loads((CONFIG_FOLDER / 'nano.manifest.json').read_text())['defaults']
    assert (settings.steps, settings.scale) == (defaults['steps'], defaults['guidanceScale'])
    assert list(settings.interval) == defaults['guidanceInterval']
    assert [settings.is_guided(index) for index in range(4)] == [True, True, True, False]
    other = SamplingSettings.of(replace(RunConfig.load('nano'), name='mine'))
    assert other == SamplingSettings(20, 4.5, 0.5, None) and all(map(other.is_guided, range(20)))
