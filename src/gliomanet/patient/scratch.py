"""The folder of a result while it is written: held by one prediction, and rid of what a killed one left."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from gliomanet.errors import Problem
from gliomanet.files.locks import LOCKLESS, holder, sign
from gliomanet.files.storage import StorageError, writing

PREFIX = ".predict-"
LOCK = ".predict.lock"

_INSTEAD = {
    "disk_full": "make room there, or name another folder for the result",
    "not_writable": "give this account the right to write there, or name another folder for the result",
    "disk_failed": "look at the disk or the network share, or name another folder for the result",
}


@contextmanager
def scratch_in(folder: Path) -> Iterator[Path]:
    """Hold a result's folder, which is made where it is missing, and give a folder in it that is gone afterwards.

    The lock ends with the process, whatever ends it, so that folders of passage that lie there once it is held are of
    predictions that were killed: they are removed.

    Raises:
        StorageError: another prediction works there, or the disk does not take the result.
    """
    with _said_of_a_result():
        with writing(folder):
            _make(folder)
        lock = _hold(folder)
        try:
            for left in folder.glob(f"{PREFIX}*") if lock else ():
                shutil.rmtree(left, ignore_errors=True)
            with _told_where_full(folder), tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder) as scratch:
                yield Path(scratch)
        finally:
            if lock:
                (folder / LOCK).unlink(missing_ok=True)
                lock.release()


@contextmanager
def _told_where_full(folder: Path) -> Iterator[None]:
    """Tell of a full disk, whoever met it: pictures and pages are written by libraries."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        with writing(folder):
            raise


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        found, action = "a file stands in this folder's way", "name another folder for the result"
        raise StorageError(Problem(found, action, file=str(folder), rule="not_writable")) from None


def _hold(folder: Path) -> FileLock | None:
    """The lock; `None` on a file system without locks, where nothing that lies there is known to be left behind."""
    lock = FileLock(folder / LOCK, on_acquired=sign)
    try:
        with writing(folder):
            lock.acquire(blocking=False)
    except Timeout:
        found = f"another prediction writes its result there: {holder(folder / LOCK)}"
        action = "wait until it has ended, or name another folder for the result"
        raise StorageError(Problem(found, action, file=str(folder), rule="result_in_use")) from None
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise
        return None
    return lock


@contextmanager
def _said_of_a_result() -> Iterator[None]:
    """Say of a disk's failures what to do about a result, not about a study."""
    try:
        yield
    except StorageError as error:
        action = _INSTEAD.get(error.problem.rule, error.problem.action)
        raise StorageError(replace(error.problem, action=action)) from error
