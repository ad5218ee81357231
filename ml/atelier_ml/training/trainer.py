"""The training loop: updates, learning rates, progress bar and saving."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import nn

from ..progress import progress
from .clock import Clock
from .ema import Ema
from .interval import Interval
from .optimiser import Optimisers
from .stop_signal import stop_signal
from .thread_tuner import ThreadTuner

_SAVE_EVERY = 240.0


class Trainer:
    """Runs a training until its time budget is spent, or until SIGTERM.

    `settings`: minutes, rate (AdamW's peak), muonFactor (Muon's rate relative to it), warmup (updates).
    """

    def __init__(
        self, name: str, settings: dict, modules: Iterable[nn.Module], ema: Ema | None = None, weight_decay: float = 0.0
    ) -> None:
        """`modules`: those to be optimised; `ema`: averages to update after each step."""
        self.name = name
        self.clock = Clock(settings['minutes'] * 60)
        self._warmup = settings['warmup']
        self._optimiser = Optimisers(modules, settings['rate'], settings['muonFactor'], weight_decay)
        self._ema = ema
        self._shown: dict = {}

    @property
    def step(self) -> int:
        """Updates so far, including those before the run was resumed."""
        return self.clock.step

    @property
    def counters(self) -> dict[str, int]:
        """Step and seconds: the first columns of every log."""
        return {'step': self.clock.step, 'seconds': round(self.clock.spent)}

    def state(self) -> dict:
        """What `load` needs to continue."""
        clock = self.clock
        rate = clock.rate(self._warmup)
        return {'optimiser': self._optimiser.state(), 'step': clock.step, 'seconds': clock.spent, 'rate': rate}

    def load(self, state: dict) -> None:
        """Continues from a saved `state`; other keys are ignored."""
        self._optimiser.load(state['optimiser'])
        self.clock.resume(state['seconds'], state['step'], state['rate'])

    def show(self, **numbers) -> None:
        """Sets the numbers shown next to the progress bar."""
        self._shown = numbers

    def updates(self, save: Callable[[], None]) -> Iterator[None]:
        """Yields once per update, for the caller to accumulate gradients; then steps the optimiser.

        Calls `save` every four minutes and at the end."""
        bar = progress(None, self.name, total=100)
        tuner, saves = ThreadTuner(), Interval(_SAVE_EVERY)
        self.clock.start()
        with stop_signal() as stop:
            while not (self.clock.over or stop.asked):
                yield
                self._optimiser.step(self.clock.rate(self._warmup))
                if self._ema is not None:
                    self._ema.update()
                self.clock.tick()
                tuner.step()
                bar.n = round(100 * self.clock.share, 1)
                bar.set_postfix(step=self.step, threads=torch.get_num_threads(), **self._shown, refresh=False)
                bar.update(0)
                if saves.due:
                    save()
            save()
