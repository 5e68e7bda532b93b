"""Reading a training job's event file and its `model.json`.

Jobs never talk to MLflow (many writers crash or block a sqlite file). Each writes `events.jsonl`, one JSON object per
line:

    {"event": "run", "model": …, "stage": …, "fold": …, "digest": …}      first line
    {"event": "params", "values": {…}}
    {"event": "metric", "name": "train/loss", "value": 1.2, "step": 3, "time": <unix seconds>}
    {"event": "start" | "resume" | "end", "time": <unix seconds>}         an end may carry further facts

A value of null is a metric that was not finite.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gliomanet.models.artifact import MODEL_FILE, ModelDescription
from gliomanet.tracking.event_log import EVENTS_FILE

KINDS = ("run", "params", "metric", "start", "resume", "end")


class EventsError(ValueError):
    """An event file that cannot be read; the message names file, line, what was found and what is allowed."""


@dataclass(frozen=True)
class MetricEvent:
    """One value of one curve; `time` in milliseconds since 1970."""

    name: str
    value: float
    step: int
    time: int


@dataclass(frozen=True)
class FoldRun:
    """One training job: who it is, what it was given, its curves and its times (milliseconds since 1970)."""

    model: str
    stage: str
    fold: str
    digest: str
    start: int
    end: int
    finished: bool
    folder: Path
    params: dict[str, Any] = field(default_factory=dict)
    metrics: tuple[MetricEvent, ...] = ()

    @property
    def job(self) -> str:
        """`<model>/<stage>/fold<fold>`: with the digest, the identity of a run."""
        return f"{self.model}/{self.stage}/fold{self.fold}"


def read_fold_run(folder: Path) -> FoldRun:
    """Read `events.jsonl` and, where present, `model.json` of one fold's folder.

    A job without an `end` event counts as not finished and ends with its last event; a job without any time takes the
    event file's modification time.

    Raises:
        FileNotFoundError: there is no `events.jsonl`.
        EventsError: a line is no event, or the first is not the `run` line.
        ModelError: `model.json` is no description of a model.
    """
    path = folder / EVENTS_FILE
    events = _read_lines(path)
    if not events or events[0]["event"] != "run":
        found = events[0]["event"] if events else "an empty file"
        raise EventsError(f"{path}, line 1: found {found!r}; the first line must be the event 'run'")
    identity = events[0]
    params: dict[str, Any] = {}
    metrics: list[MetricEvent] = []
    starts: list[int] = []
    ends: list[int] = []
    for event in events[1:]:
        if event["event"] == "params":
            params.update(event["values"])
        elif event["event"] == "metric":
            value = float("nan") if event["value"] is None else float(event["value"])
            metrics.append(MetricEvent(event["name"], value, int(event["step"]), _milliseconds(event["time"])))
        elif event["event"] == "start":
            starts.append(_milliseconds(event["time"]))
        elif event["event"] == "end":
            ends.append(_milliseconds(event["time"]))
            params.update({f"end.{key}": value for key, value in event.items() if key not in ("event", "time")})
    times = [*starts, *(metric.time for metric in metrics), *ends] or [_milliseconds(path.stat().st_mtime)]
    model_file = folder / MODEL_FILE
    if model_file.is_file():
        params = {"model_json": ModelDescription.read(model_file).values(), **params}
    return FoldRun(
        model=str(identity["model"]),
        stage=str(identity["stage"]),
        fold=str(identity["fold"]),
        digest=str(identity["digest"]),
        start=min(times),
        end=max(times),
        finished=bool(ends),
        folder=folder,
        params=params,
        metrics=tuple(metrics),
    )


REQUIRED = {
    "run": ("model", "stage", "fold", "digest"),
    "params": ("values",),
    "metric": ("name", "value", "step", "time"),
    "start": ("time",),
    "resume": ("time",),
    "end": ("time",),
}


def _read_lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: every training job must leave its event file")
    events = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except json.JSONDecodeError as error:
            raise EventsError(
                f"{path}, line {number}: no JSON ({error.msg}); was the job killed while writing?"
            ) from None
        kind = event.get("event") if isinstance(event, dict) else None
        if kind not in KINDS:
            raise EventsError(f"{path}, line {number}: event {kind!r} is unknown; allowed: {', '.join(KINDS)}")
        missing = [key for key in REQUIRED[kind] if key not in event]
        if missing:
            raise EventsError(f"{path}, line {number}: event {kind!r} lacks {', '.join(missing)}")
        events.append(event)
    return events


def _milliseconds(seconds: float) -> int:
    return round(float(seconds) * 1000)
