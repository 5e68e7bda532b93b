"""The inside of a worker process: one case after the other, with the libraries and the bundle kept warm in between."""

from __future__ import annotations

import faulthandler
import os
import traceback
from collections.abc import Callable
from importlib import import_module
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

from filelock import FileLock

from gliomanet.app.lines import Said
from gliomanet.app.queue.job import Job, Message
from gliomanet.app.store.record import Told
from gliomanet.errors import CohortError, ModelError, Problem, ProblemError
from gliomanet.files.storage import StorageError
from gliomanet.patient.progress import Line

LONGEST_LINE = 300
"""Characters of a line of progress."""

Work = Callable[[Job, Callable[[str], object]], object]
"""Work on a case: called with the job, and a function to tell lines of progress to."""


def serve_jobs(connection: Connection, work: str, lock: Path) -> None:
    """Do jobs until the connection ends.

    Args:
        connection: to the server.
        work: `module:function`, a `Work`.
        lock: file that this process holds while it lives, so that the child of a server that was killed has ended
            before the next one's begins.
    """
    os.setsid()  # a group of its own, so that the programs that it starts end with it
    faulthandler.enable()
    Thread(target=_end_with_server, daemon=True).start()
    with FileLock(lock, thread_local=False):
        module, _, function = work.partition(":")
        doing: Work = getattr(import_module(module), function)
        while True:
            try:
                job = Job.model_validate_json(connection.recv_bytes())
            except EOFError:
                return
            _tell(
                connection,
                _done(doing, job, lambda line: _tell(connection, Message(kind="line", line=_said(line)))),
            )


def _done(work: Work, job: Job, report: Callable[[str], object]) -> Message:
    try:
        work(job, report)
    except (ProblemError, StorageError) as error:
        return Message(kind="failed", problem=Told.of(error.problem))
    except (CohortError, ModelError) as error:
        return Message(kind="failed", problem=Told.of(error.problems[0]))
    except MemoryError:
        return Message(kind="failed", problem=Told.of(out_of_memory()))
    except Exception as error:
        # To the server's own output go places in the code; the words may quote a file of the patient's.
        print(f"{type(error).__name__} in a case\n{''.join(traceback.format_tb(error.__traceback__))}", flush=True)
        found = f"the program failed on this case ({type(error).__name__})"
        action = "try once more; where it fails again, tell the developers what the server printed"
        return Message(kind="failed", problem=Told.of(Problem(found, action, rule="case_crashed")))
    return Message(kind="done")


def out_of_memory() -> Problem:
    found = "the case needs more memory than a case may have here"
    action = "give smaller images, or let whoever keeps the server raise --memory"
    return Problem(found, action, rule="out_of_memory")


def _said(line: str) -> Said:
    """A line as it is sent: by code and values where it has any."""
    if isinstance(line, Line):
        return line.said.model_copy(update={"text": line.said.text[:LONGEST_LINE]})
    return line[:LONGEST_LINE]


def _tell(connection: Connection, message: Message) -> None:
    connection.send_bytes(message.model_dump_json().encode())


def _end_with_server() -> None:
    server = parent_process()
    assert server is not None
    server.join()
    os.killpg(0, 9)
