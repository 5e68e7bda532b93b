"""A worker process as the server sees it: it is given one case at a time, watched, and ended where it must be."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from typing import Literal

import psutil
from pydantic import ValidationError

from gliomanet.app.lines import Said
from gliomanet.app.queue.child import out_of_memory, serve_jobs
from gliomanet.app.queue.job import LONGEST_MESSAGE, Job, Message
from gliomanet.app.store.record import Told
from gliomanet.child_processes import Crash
from gliomanet.errors import Problem

LOOK_SECONDS = 0.25
"""Between two looks at a process at work: its memory, its time, and whether it is to end."""


@dataclass(frozen=True)
class Outcome:
    """The end of a job.

    Attributes:
        kind: `done`; `failed`: the case itself; `ended`: the process, by itself or by somebody else; `stopped`: on
            demand.
        problem: why, where it is not done.
    """

    kind: Literal["done", "failed", "ended", "stopped"]
    problem: Told | None = None


class Worker:
    """One worker process, started with the first job and again after each that it did not outlive.

    Args:
        work: `module:function` that it runs.
        lock: file that the process holds.
        seconds: that one job may take.
        memory_bytes: resident memory of the process and of what it starts. (A limit of address space, as the kernel
            keeps it, is unfit: torch reserves many times what it uses.)
        jobs: after which the process is replaced.
    """

    def __init__(self, work: str, lock: Path, seconds: float, memory_bytes: int, jobs: int) -> None:
        self._work, self._lock, self._jobs = work, lock, jobs
        self._seconds, self._memory = seconds, memory_bytes
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._done = 0

    @property
    def pid(self) -> int | None:
        """Number of the process; `None`: there is none now."""
        return None if self._process is None else self._process.pid

    def run(self, job: Job, on_line: Callable[[Said], object], stop: Event) -> Outcome:
        """Do a job, and come back when it is over, one way or another.

        Args:
            job: the case.
            on_line: called with each line of progress.
            stop: set by another thread to end it.
        """
        connection = self._started()
        until = time.monotonic() + self._seconds
        try:
            connection.send_bytes(job.model_dump_json().encode())
            while True:
                if connection.poll(LOOK_SECONDS):
                    message = Message.model_validate_json(connection.recv_bytes(LONGEST_MESSAGE))
                    if message.kind != "line":
                        break
                    on_line(message.line)
                if stop.is_set():
                    self.end()
                    return Outcome("stopped")
                if time.monotonic() > until:
                    return self._ended(_too_long(self._seconds))
                if self.memory() > self._memory:
                    return self._ended(out_of_memory())
        except (EOFError, OSError, ValidationError):
            return self._crashed()
        self._done += 1
        if self._done >= self._jobs:
            self.end()
        return Outcome(message.kind, message.problem)

    def memory(self) -> int:
        """Resident bytes of the process and of the programs that it has started."""
        if self.pid is None:
            return 0
        total = 0
        with contextlib.suppress(psutil.Error):  # ended between the two looks: the pipe tells of it
            process = psutil.Process(self.pid)
            for one in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += one.memory_info().rss
        return total

    def end(self) -> None:
        """End the process and all that it has started, at once."""
        if self._process is None or self._connection is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if self._has_group():
                os.killpg(self._process.pid or 0, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.join()
        self._connection.close()
        self._process = self._connection = None

    def _has_group(self) -> bool:
        """True where the process leads a group of its own, as it does from its first line on."""
        pid = self.pid or 0
        return os.getpgid(pid) == pid

    def _started(self) -> Connection:
        if self._process is not None and not self._process.is_alive():
            self.end()
        if self._connection is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=serve_jobs, args=(theirs, self._work, self._lock), daemon=True)
            self._process.start()
            theirs.close()
            self._done = 0
        return self._connection

    def _ended(self, problem: Problem) -> Outcome:
        self.end()
        return Outcome("failed", Told.of(problem))

    def _crashed(self) -> Outcome:
        process = self._process
        assert process is not None
        process.join(LOOK_SECONDS)  # its pipe may end an instant before it does
        said = Crash(process.exitcode) if process.exitcode is not None else "its process sent what is no message"
        self.end()
        action = "try once more; a file that ends the program each time cannot be read here"
        return Outcome("ended", Told.of(Problem(f"the case was broken off: {said}", action, rule="worker_ended")))


def _too_long(seconds: float) -> Problem:
    found = f"the case took longer than the {seconds / 60:g} minutes that a case may take here"
    action = "try the fast way, or let whoever keeps the server raise --minutes"
    return Problem(found, action, rule="out_of_time")
