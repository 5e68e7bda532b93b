import json

import pytest

from gliomanet.tracking.event_log import EventLog


def log(**changes) -> EventLog:
    ticks = iter(range(100, 200))
    arguments = {"model": "m", "stage": "supervised", "fold": "0", "digest": "d"} | changes
    return EventLog(clock=lambda: float(next(ticks)), **arguments)


def test_lines_come_in_order_with_their_times(tmp_path):
    events = log()
    events.params({"lr": 0.1})
    events.start()
    events.metric("train/loss", 1.25, 3)
    events.end(epochs_run=1)
    events.write(tmp_path / "new" / "events.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "new" / "events.jsonl").read_text().splitlines()]
    assert lines == [
        {"event": "run", "model": "m", "stage": "supervised", "fold": "0", "digest": "d"},
        {"event": "params", "values": {"lr": 0.1}},
        {"event": "start", "time": 100.0},
        {"event": "metric", "name": "train/loss", "value": 1.25, "step": 3, "time": 101.0},
        {"event": "end", "time": 102.0, "epochs_run": 1},
    ]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["events.jsonl"]


def test_earlier_events_are_kept_and_the_run_is_told_once():
    first = log()
    first.metric("train/loss", 2.0, 1)
    second = log(earlier=first.events)
    second.resume(1)
    assert [event["event"] for event in second.events] == ["run", "metric", "resume"]


def test_events_of_another_digest_are_refused():
    with pytest.raises(ValueError, match="earlier events belong to digest 'd', this job has 'e'"):
        log(digest="e", earlier=log().events)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_figures_that_are_not_finite_become_null(value):
    events = log()
    events.metric("train/loss", value, 1)
    events.params({"nested": [value]})
    lines = [json.loads(line) for line in events.text().splitlines()]
    assert lines[1]["value"] is None
    assert lines[2]["values"]["nested"] == [None]


def test_the_events_property_is_a_copy():
    events = log()
    events.events[0]["digest"] = "changed"
    assert events.events[0]["digest"] == "d"
