"""A job's own log file, errors a person can read in it, and what the job cost."""

from __future__ import annotations

import atexit
import os
import resource
import sys
import time
from pathlib import Path
from types import TracebackType

from gliomanet.errors import StudyStopError

PERSONAL = (ValueError, OSError, StudyStopError)
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


def measure_into(path: str | Path) -> None:
    """Write at this process's end what it cost: a TSV of wall seconds, CPU seconds and MB of memory at the peak.

    CPU seconds include those of the processes that it waited for; the peak is the largest single process's. The job
    measures itself, since an engine that samples its jobs' processes spends CPU of its own on it.
    """
    atexit.register(_write_cost, Path(path), time.time())


def _write_cost(path: Path, start: float) -> None:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    peak = max(one.ru_maxrss for one in used) / (1 if sys.platform == "linux" else 1024) / 1024
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\tcpu_time\tmax_rss\n{time.time() - start:.1f}\t{cpu:.1f}\t{peak:.0f}\n", encoding="utf-8")


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, StudyStopError):  # its message is about what is outside, where no code is to be found
        sys.__excepthook__(kind, error, trace)
    if issubclass(kind, PERSONAL):
        print(f"\nERROR: {error}", file=sys.stderr)
