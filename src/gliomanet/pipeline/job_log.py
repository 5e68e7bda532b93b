"""A job's own log file, and errors a person can read in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

PERSONAL = (ValueError, OSError)
"""Errors about a user's files or configuration: their message is the whole story, a traceback would bury it."""


def log_to(path: str | Path) -> None:
    """Send everything this process prints to a file, C++ libraries' output and uncaught exceptions included.

    The file descriptors themselves are redirected: libraries that write past Python's `sys.stderr` are caught too.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with Path(path).open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.excepthook = _report


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.__excepthook__(kind, error, trace)
    if issubclass(kind, PERSONAL):
        print(f"\nERROR: {error}", file=sys.stderr)
