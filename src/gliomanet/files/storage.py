"""Failures of the machine's disks, told apart from defects of a user's file: no case is lost to a full disk."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gliomanet.errors import Problem

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota of this account is used up"}
_REFUSED = {
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "not permitted",
}

_OF_THE_MACHINE = (*_FULL, errno.EIO, errno.ESTALE, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETIMEDOUT)
"""Errors of reading that say nothing of the file: disk, network share or memory; the next attempt may succeed."""

NEARLY_FULL = 16 * 2**20
"""Free bytes under which a disk may be why a library or program failed; it writes more than that for a case."""

_GO_ON = "then start again: what is finished stays"


class StorageError(OSError):
    """A disk that does not take or give a file; not a defect of the case that is being worked on."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


@contextmanager
def writing(path: Path, size: int = 0) -> Iterator[None]:
    """Name path, need and remedy in errors of writing a file.

    Args:
        path: the file that is asked for, not the one that is written beside it.
        size: bytes that are written, where they are known.

    Raises:
        StorageError: instead of an `OSError` of the disk.
    """
    try:
        yield
    except OSError as error:
        if (problem := _of_writing(error, path, size)) is None:
            raise
        raise StorageError(problem) from error


def _of_writing(error: OSError, path: Path, size: int) -> Problem | None:
    number = error.errno
    if number in _FULL:
        need = f"{megabytes(size)} to write, " if size else ""
        found = f"cannot be written: {_FULL[number]} ({need}{megabytes(free_bytes(path))} free)"
        action = f"make room there, or set `results` to a folder on a larger disk; {_GO_ON}"
        return Problem(found, action, file=str(path), rule="disk_full")
    if number in _REFUSED:
        action = f"give this account the right to write there, or set `results` to another folder; {_GO_ON}"
        return Problem(f"cannot be written: {_REFUSED[number]}", action, file=str(path), rule="not_writable")
    if number in _OF_THE_MACHINE:
        action = f"look at the disk or the network share; {_GO_ON}"
        return Problem(f"cannot be written: {error.strerror}", action, file=str(path), rule="disk_failed")
    return None


def raise_if_of_the_machine(error: OSError, path: Path) -> None:
    """Raise a `StorageError` where an error of reading a file says nothing of the file itself."""
    if error.errno in _OF_THE_MACHINE:
        found = f"cannot be read now: {error.strerror}"
        action = f"look at the disk, the network share and the memory; {_GO_ON}. Exclude the case if the file is lost"
        raise StorageError(Problem(found, action, file=str(path), rule="disk_failed")) from error


def refuse_where_full(*folders: Path) -> None:
    """Raise a `StorageError` where a disk is so full that it may be why a library or program failed.

    Such a failure must not be laid to the case, which would be left out of the study for good.

    Args:
        folders: where it writes; the folder of temporary files is looked at, too.
    """
    if problem := nearly_full(*folders):
        raise StorageError(problem)


def nearly_full(*folders: Path) -> Problem | None:
    """The first disk with less than `NEARLY_FULL` free, among some folders' and that of temporary files."""
    temporary = Path(tempfile.tempdir or os.environ.get("TMPDIR") or "/tmp")
    for folder in (*folders, temporary):
        if (free := free_bytes(folder)) < NEARLY_FULL:
            where = "set TMPDIR to a folder on another disk" if folder == temporary else "set `results` to another disk"
            found = f"the disk is full, or nearly so ({megabytes(free)} free)"
            return Problem(found, f"make room there, or {where}; {_GO_ON}", file=str(folder), rule="disk_full")
    return None


def free_bytes(path: Path) -> int:
    """Bytes that this account may still write to a path's disk; none where it takes no further file."""
    there = next((place for place in (path, *path.absolute().parents) if place.exists()), Path("/"))
    disk = os.statvfs(there)
    full_of_files = disk.f_files > 0 and disk.f_favail == 0
    return 0 if full_of_files else disk.f_bavail * disk.f_frsize


def megabytes(size: int) -> str:
    """A size for a person: `0.3 MB`."""
    return f"{size / 1e6:.1f} MB"
