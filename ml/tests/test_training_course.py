import pytest
import torch
from torch import nn

from atelier_ml.training import course as course_module
from atelier_ml.training import every as every_module
from atelier_ml.training.course import Course
from atelier_ml.training.ema import Ema
from atelier_ml.training.every import Every

SETTINGS = {'minutes': 1 / 60, 'rate': 0.05, 'muonFactor': 1.0, 'warmup': 1}


def test_work_is_due_once_its_seconds_have_passed(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(every_module.time, 'monotonic', lambda: now[0])
    every = Every(10.0)
    answers = []
    for now[0] in (1.0, 10.0, 10.5, 11.0, 20.0, 21.0):
        answers.append(every.due)
    assert answers == [False, False, True, False, False, True]


@pytest.mark.parametrize(('seconds', 'between'), [(1000.0, False), (-1.0, True)])
def test_a_course_learns_and_saves(monkeypatch, seconds, between) -> None:
    monkeypatch.setattr(course_module, '_SAVE_EVERY', seconds)
    torch.manual_seed(0)
    line = nn.Linear(2, 1)
    ema = Ema({'line': line}, 0.5)
    course = Course('line', SETTINGS, [line], ema)
    saved = []
    for _ in course.updates(lambda: saved.append(course.step)):
        points = torch.rand(16, 2)
        loss = (line(points) - points.sum(1, keepdim=True)).square().mean()
        loss.backward()
        course.show(loss=loss.item())
    assert saved == [*(range(1, course.step + 1) if between else ()), course.step]
    assert course.clock.over and loss.item() < 0.05 and ema.updates == course.step

    later = Course('line', SETTINGS | {'minutes': 1}, [line])
    later.load({**course.state(), 'something': 'else'})
    assert later.place == {'step': course.step, 'seconds': 1} and later.clock.share < 0.1
