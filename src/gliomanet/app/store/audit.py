"""The audit log: a line of JSON an event, with the time, the event, a case's random id, and no word on the patient."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from threading import Lock
from typing import Literal

from gliomanet.app.store.record import now

LOG = logging.getLogger("gliomanet.app")

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

        What happened has happened: where the disk does not take the line, the server's own output has it instead, and
        nothing is taken back. On a full disk cases must be deleted more than ever.

        Args:
            event: what happened.
            case_id: id of the case; empty: of none.
            words: further codes, such as the rule of a problem: names of code and digests of bundles only.
        """
        line = {"time": now(), "event": event} | ({"case": case_id} if case_id else {}) | words
        content = (json.dumps(line, ensure_ascii=True) + "\n").encode()
        try:
            with self._lock:
                self._add(content)
        except OSError as error:
            LOG.error("not in the audit log (%s): %s", error.strerror, content.decode().strip())

    def _add(self, content: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            while content:
                content = content[os.write(descriptor, content) :]
        finally:
            os.close(descriptor)
