"""The folder of results at a run's start: it can be written, and no other run writes into it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from gliomanet.errors import Problem
from gliomanet.files.locks import LOCKLESS, holder, sign
from gliomanet.files.storage import StorageError, writing
from gliomanet.layout import Layout
from gliomanet.pipeline.status.running import jobs_in


def refuse_unwritable(layout: Layout) -> None:
    """Write a file without a name into the results, their logs and their cache, which are made where they are missing.

    Raises:
        StorageError: one of them takes none.
    """
    for folder in (layout.results, layout.log("x").parent, layout.cache()):
        try:
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder) as file:
                    file.write(b"x")
        except (FileExistsError, NotADirectoryError):
            found, action = "a file stands in this folder's way", "move it, or set `results` to another folder"
            raise StorageError(Problem(found, action, file=str(folder), rule="not_writable")) from None


def hold_results(layout: Layout) -> FileLock | None:
    """Lock the results for one run, from whatever folder it is started; the lock ends with the process.

    Snakemake's own lock lies in the folder that a run is started from, so that runs of two folders see none.

    Returns:
        The lock; None, with a printed line, on a file system without locks.

    Raises:
        StorageError: another run holds it.
    """
    path = layout.run_lock()
    lock = FileLock(path, on_acquired=sign)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise StorageError(_in_use(layout.results, path)) from None
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise
        print(f"{path} is on a file system without locks; let no second run write into {layout.results}", flush=True)
        return None
    return lock


def refuse_beside_jobs(folder: Path, results: Path) -> None:
    """Refuse to start beside jobs that outlived their run: both would write the same files.

    Args:
        folder: where the run is started. Jobs of another folder, or of another machine, are not seen.
        results: the study's results.

    Raises:
        StorageError: such a job goes on.
    """
    if jobs := jobs_in(folder):
        raise StorageError(_beside_jobs(results, jobs))


def _beside_jobs(results: Path, jobs: Mapping[int, str]) -> Problem:
    named = ", ".join(f"{process} ({script})" for process, script in jobs.items())
    found = f"jobs of a run that was killed still write into these results: process {named}"
    return Problem(found, "wait until they have ended, or end them", file=str(results), rule="jobs_go_on")


def _in_use(results: Path, lock: Path) -> Problem:
    found = f"another run writes into these results: {holder(lock)}"
    action = "wait until it has ended, or end it; another study needs a `results` of its own"
    return Problem(found, action, file=str(results), rule="results_in_use")
