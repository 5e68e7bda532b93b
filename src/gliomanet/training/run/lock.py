"""One process per training job: a file lock in the job's scratch folder, which ends with the process that holds it.

A workflow engine that is killed leaves its jobs running. Its successor starts the same job again, and two processes
would write the same checkpoint.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from gliomanet.files.locks import LOCKLESS, holder, sign

LOCK = "lock"
POLL_SECONDS = 1.0


@contextmanager
def training_lock(scratch: Path, job: str) -> Iterator[None]:
    """Hold a job's scratch folder (made where it is missing); wait, with a printed line, while another process does.

    On leaving, the folder and its parents go where nothing is in them.

    Args:
        scratch: the job's own folder.
        job: its name, for the printed line.
    """
    path = scratch / LOCK
    lock = FileLock(path, poll_interval=POLL_SECONDS, on_acquired=sign)
    _acquire(lock, path, job)
    try:
        yield
    finally:
        lock.release()
        _remove_empty(scratch)


def discard_scratch(scratch: Path) -> None:
    """Remove a finished job's scratch folder with all that is in it: checkpoints of earlier configurations too.

    Called by the holder; whoever waits finds the lock's file gone, and makes a new one.
    """
    shutil.rmtree(scratch, ignore_errors=True)


def _acquire(lock: FileLock, path: Path, job: str) -> None:
    """Lock the file, however long it takes."""
    waits = False
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(blocking=waits)
            return
        except Timeout:
            print(
                f"{job}: waiting: {holder(path)} trains the same job (it holds {path}); end it to go on now", flush=True
            )
            waits = True
        except FileNotFoundError:
            continue  # a job that ended removed the folder meanwhile
        except OSError as error:
            if error.errno not in LOCKLESS:
                raise
            print(f"{job}: {path} is on a file system without locks; let no second process train this job", flush=True)
            return


def _remove_empty(folder: Path) -> None:
    for each in (folder, *folder.parents):
        try:
            each.rmdir()
        except FileNotFoundError:
            continue  # removed already, by this job or by a neighbour
        except OSError:
            return  # something is in it
