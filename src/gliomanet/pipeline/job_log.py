"""A job's own log file, errors a person can read in it, and what the job cost."""

from __future__ import annotations

import atexit
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType

from gliomanet.errors import StudyStopError
from gliomanet.files.storage import nearly_full, writing

PERSONAL = (ValueError, OSError, StudyStopError)
"""Errors about a user's files or configuration: their message is the whole story, a traceback would bury it."""

PERHAPS = "ERROR: perhaps the cause: "
"""Beginning of a log's line on a full disk, below an error in other words."""


def log_to(path: str | Path) -> None:
    """Send everything this process prints to a file, C++ libraries' output and uncaught exceptions included.

    The file descriptors themselves are redirected: libraries that write past Python's `sys.stderr` are caught too.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    path = Path(path)
    terminal = os.dup(2)
    with writing(path), path.open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.excepthook = _Reporter(path, terminal)


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tcpu_time\tmax_rss\n{time.time() - start:.1f}\t{cpu:.1f}\t{peak:.0f}\n", encoding="utf-8")
    except OSError as error:  # the job's results are there, and what it cost decides nothing
        print(f"what the job cost could not be written: {error}", file=sys.stderr)


class _Reporter:
    """The last words of a job: its error in the log, or where the log takes no more, in the engine's own output."""

    def __init__(self, log: Path, terminal: int) -> None:
        self.log, self.terminal = log, terminal

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        # A study that stops is no defect of the code, where a traceback leads.
        text = "" if issubclass(kind, StudyStopError) else "".join(traceback.format_exception(kind, error, trace))
        if issubclass(kind, PERSONAL):
            text += f"\nERROR: {error}\n"
        # Libraries in C++ and databases do not say that a disk is full, or say it in words of their own; so does a
        # plain OSError. Any other error for a person is the whole story.
        told = issubclass(kind, PERSONAL) and kind is not OSError
        if not told and (full := nearly_full(self.log.parent, Path.cwd())) is not None:
            text += f"\n{PERHAPS}{full}\n"
        try:
            _write_all(2, text)
        except OSError as refused:
            _write_all(self.terminal, f"{text}\n(not in {self.log}, which cannot be written: {refused.strerror})\n")


def _write_all(descriptor: int, text: str) -> None:
    left = text.encode(errors="backslashreplace")
    while left:
        left = left[os.write(descriptor, left) :]
