"""The events of one training job: JSON lines that the tracking stage brings into MLflow with their original times.

The first line says whose events these are; `params`, `metric`, `start`, `resume` and `end` follow. Earlier epochs'
events travel in the checkpoint, so a job that was killed and resumed still tells its whole story.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from gliomanet.files.atomic import write_atomically

Event = dict[str, Any]
EVENTS_FILE = "events.jsonl"


class EventLog:
    """Events in the order they happened.

    Args:
        model: the model's name in the study; `stage` and `fold` say which of its fits this is.
        digest: digest of everything the fit depends on.
        earlier: events of the same job before it was killed; they are kept as they are.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        *,
        model: str,
        stage: str,
        fold: str,
        digest: str,
        earlier: Iterable[Mapping[str, Any]] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._events: list[Event] = [dict(event) for event in earlier]
        if not self._events:
            self._events.append({"event": "run", "model": model, "stage": stage, "fold": fold, "digest": digest})
        elif self._events[0].get("digest") != digest:
            raise ValueError(
                f"earlier events belong to digest {self._events[0].get('digest')!r}, this job has {digest!r}: "
                "start it without them"
            )

    @property
    def events(self) -> list[Event]:
        """A copy of all events, the `run` line first."""
        return [dict(event) for event in self._events]

    def params(self, values: Mapping[str, Any]) -> None:
        self._events.append({"event": "params", "values": dict(values)})

    def metric(self, name: str, value: float, step: int) -> None:
        self._events.append(
            {"event": "metric", "name": name, "value": float(value), "step": int(step), "time": self._clock()}
        )

    def start(self) -> None:
        self._events.append({"event": "start", "time": self._clock()})

    def resume(self, epochs_done: int) -> None:
        """A new process goes on after `epochs_done` epochs of an earlier one."""
        self._events.append({"event": "resume", "epochs_done": epochs_done, "time": self._clock()})

    def end(self, **facts: int | float | str) -> None:
        self._events.append({"event": "end", "time": self._clock(), **facts})

    def text(self) -> str:
        """The file's content: one JSON object per line. Numbers that are not finite become null (JSON has none)."""
        return "".join(json.dumps(_finite(event), allow_nan=False, ensure_ascii=False) + "\n" for event in self._events)

    def write(self, path: Path) -> None:
        """Write all events so that the file is either the old one or complete."""
        write_atomically(path, self.text().encode())


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not (abs(value) < float("inf")):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
