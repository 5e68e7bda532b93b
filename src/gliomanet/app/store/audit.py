"""The audit log: a line of JSON an event, with the time, the event, a case's random id, and no word on the patient."""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Lock
from typing import Literal

from gliomanet.app.store.record import now

Event = Literal[
    "started",
    "created",
    "queued",
    "running",
    "done",
    "failed",
    "cancelled",
    "deleted",
    "expired",
    "refused",
    "signed_in",
]


class Audit:
    """The log of one store; lines are added, and none is changed.

    Digests of a patient's files are not in it, so that a case that is deleted leaves nothing but its id.

    Args:
        path: of the log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def tell(self, event: Event, case_id: str = "", **words: str) -> None:
        """Add an event.

        Args:
            event: what happened.
            case_id: id of the case; empty: of none.
            words: further codes, such as the rule of a problem: names of code and digests of bundles only.
        """
        line = {"time": now(), "event": event} | ({"case": case_id} if case_id else {}) | words
        content = (json.dumps(line, ensure_ascii=True) + "\n").encode()
        with self._lock:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, content)
            finally:
                os.close(descriptor)
