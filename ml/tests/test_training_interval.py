from atelier_ml.training import interval as interval_module
from atelier_ml.training.interval import Interval


def test_work_is_due_once_its_seconds_have_passed(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(interval_module.time, 'monotonic', lambda: now[0])
    every = Interval(10.0)
    answers = []
    for now[0] in (1.0, 10.0, 10.5, 11.0, 20.0, 21.0):
        answers.append(every.due)
    assert answers == [False, False, True, False, False, True]
