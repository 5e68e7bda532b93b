"""One process a training job: a lock in the job's scratch folder, which ends with the process that holds it.

A workflow engine that is killed leaves its jobs running. Its successor starts the same job again, and two processes
would write the same checkpoint.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "lock"

_LOCKLESS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def only_trainer(scratch: Path, job: str) -> Iterator[None]:
    """Hold a job's scratch folder (made where it is missing); wait, with a printed line, while another process does.

    On leaving, the folder and its parents go where nothing is in them.

    Args:
        scratch: the job's own folder.
        job: its name, for the printed line.
    """
    descriptor = _claimed(scratch, job)
    try:
        yield
    finally:
        os.close(descriptor)
        _remove_empty(scratch)


def discard_scratch(scratch: Path) -> None:
    """Remove a finished job's scratch folder with all that is in it: checkpoints of earlier configurations too.

    Called by the holder; whoever waits finds the lock's file gone, and makes a new one.
    """
    shutil.rmtree(scratch, ignore_errors=True)


def _claimed(scratch: Path, job: str) -> int:
    """The lock's descriptor."""
    path = scratch / LOCK
    while True:
        try:
            scratch.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # a job that ended removed the folder between the two lines
            continue
        try:
            _lock(descriptor, path, job)
            if _is_there(path, descriptor):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder finished the job and removed the file: a lock on it keeps nobody out


def _lock(descriptor: int, path: Path, job: str) -> None:
    """Lock the file, however long it takes."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 200, 0).decode() or "another process"
        print(f"{job}: waiting: {holder} trains the same job (it holds {path}); end it to go on now", flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _LOCKLESS:
            raise
        print(f"{job}: {path} is on a file system without locks; let no second process train this job", flush=True)


def _is_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove_empty(folder: Path) -> None:
    for each in (folder, *folder.parents):
        try:
            each.rmdir()
        except FileNotFoundError:
            continue  # removed already, by this job or by a neighbour
        except OSError:
            return  # something is in it
