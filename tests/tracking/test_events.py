"""Event files: what is read, and what is said about a broken one."""

import json
import math
import os
from pathlib import Path

import pytest

from gliomanet.tracking.events import EventsError, MetricEvent, read_fold_run
from tests.descriptions import tabular_description, write_description

RUN = {"event": "run", "model": "cmtlnet", "stage": "supervised", "fold": "0", "digest": "d0"}


def write(folder: Path, *events: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events), encoding="utf-8")
    return folder


def test_a_job_is_read_with_times_in_milliseconds(tmp_path):
    metric = {"event": "metric", "name": "train/loss", "value": 1.25, "step": 3, "time": 1700000001.5}
    write(
        tmp_path,
        RUN,
        {"event": "start", "time": 1700000000.0},
        {"event": "params", "values": {"learning_rate": 1e-4}},
        metric,
        {"event": "end", "time": 1700000002.25},
    )
    described = tabular_description()
    write_description(tmp_path, described)
    run = read_fold_run(tmp_path)
    assert run.job == "cmtlnet/supervised/fold0"
    assert (run.start, run.end, run.finished) == (1700000000000, 1700000002250, True)
    assert run.metrics == (MetricEvent("train/loss", 1.25, 3, 1700000001500),)
    assert run.params == {"model_json": described.values(), "learning_rate": 1e-4}


def test_a_killed_job_ends_with_its_last_event(tmp_path):
    metric = {"event": "metric", "name": "loss", "value": 1, "step": 0, "time": 1002}
    run = read_fold_run(write(tmp_path, RUN, {"event": "start", "time": 1000}, metric))
    assert (run.start, run.end, run.finished) == (1_000_000, 1_002_000, False)


def test_a_resumed_job_tells_its_whole_story(tmp_path):
    folder = write(
        tmp_path,
        RUN,
        {"event": "start", "time": 1000},
        {"event": "resume", "epochs_done": 2, "time": 2000},
        {"event": "metric", "name": "loss", "value": None, "step": 2, "time": 2001},
        {"event": "end", "time": 3000, "epochs": 3},
    )
    run = read_fold_run(folder)
    assert (run.start, run.end) == (1_000_000, 3_000_000)
    assert math.isnan(run.metrics[0].value)
    assert run.params == {"end.epochs": 3}


def test_a_job_without_times_takes_the_files(tmp_path):
    write(tmp_path, RUN)
    os.utime(tmp_path / "events.jsonl", (1234, 1234))
    assert read_fold_run(tmp_path).start == 1_234_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first line must be the event 'run'"),
        ('{"event": "start", "time": 1}\n', "line 1: found 'start'; the first line must be the event 'run'"),
        (json.dumps(RUN) + '\n{"event": "met', "line 2: no JSON"),
        (json.dumps(RUN) + '\n{"event": "epoch"}\n', "line 2: event 'epoch' is unknown; allowed: run, params"),
        (
            json.dumps(RUN) + '\n{"event": "metric", "name": "a", "value": 1}\n',
            "line 2: event 'metric' lacks step, time",
        ),
        (json.dumps(RUN) + "\n[1]\n", "line 2: event None is unknown"),
    ],
)
def test_broken_files_are_named_with_their_line(tmp_path, text, message):
    (tmp_path / "events.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(EventsError, match=message.replace("(", r"\(")):
        read_fold_run(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"events\.jsonl does not exist"):
        read_fold_run(tmp_path / "fold3")
