"""Image files that a case table names and the disk does not hold, or holds in name only."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from gliomanet.cohort.findings import Finding

_IN_AN_ANNEX = re.compile(r"(?:^|/)annex/objects/")
_POINTERS = (
    ("git-annex", "`git annex get`, or `datalad get`", re.compile(rb"(?:\.\./)*(?:\.git)?/?annex/objects/")),
    ("Git LFS", "`git lfs pull`", re.compile(rb"version https://git-lfs\.github\.com/spec/")),
)
_LONGEST_POINTER = 1024
"""Bytes: a pointer is one line or three, and no image is so short."""

Use = tuple[str, str, str, str]
"""Centre, case, column of the case table, path."""


def absent_files(uses: Iterable[Use]) -> Iterator[Finding]:
    """An error for each file that is not there, or whose content was not fetched.

    Args:
        uses: the files of the cases.
    """
    for center, case_id, column, path in uses:
        if program := not_fetched(Path(path)):
            found = f"case {case_id!r}: the content of {column} {path!r} was not fetched: {program[0]} left a pointer"
            yield Finding("error", "content_not_fetched", center, case_id, path, found, f"fetch it with {program[1]}")
        elif not _is_file(path):
            found, action = (
                f"case {case_id!r}: {column} {path!r} is not there",
                "correct the table, or put the file there",
            )
            yield Finding("error", "file_missing", center, case_id, path, found, action)


def not_fetched(path: Path) -> tuple[str, str] | None:
    """The program that left a link or a few bytes in the place of a file, and its command that fetches the content.

    git-annex (DataLad, OpenNeuro) and Git LFS keep large files out of a repository. `None` for a file that is there,
    and for one that is simply missing.
    """
    try:
        if path.is_symlink() and not path.exists():
            return _POINTERS[0][:2] if _IN_AN_ANNEX.search(path.readlink().as_posix()) else None
        if path.stat().st_size > _LONGEST_POINTER or not path.is_file():
            return None
        content = path.read_bytes()
    except (OSError, ValueError):  # or a path that no system can open
        return None
    return next(((name, command) for name, command, begins in _POINTERS if begins.match(content)), None)


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - a Path per file costs more than the call
    except (OSError, ValueError):
        return False
