"""Files of the case tables: those that are not there, and those that are used twice."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gliomanet.audit.context import AuditContext, counted, listed
from gliomanet.cohort.findings import Finding
from gliomanet.modalities import FILE_COLUMNS

_Use = tuple[str, str, str, str]  # centre, case, column, path


def file_missing(context: AuditContext) -> Iterator[Finding]:
    """Image and mask files that a table names and the disk does not hold: error."""
    for center, case_id, column, path in _uses(context):
        if _identity(path) is None:
            yield Finding(
                "error",
                "file_missing",
                center,
                case_id,
                path,
                f"case {case_id!r}: {column} {path!r} is not there",
                "correct the table, or put the file there",
            )


def file_name_with_braces(context: AuditContext) -> Iterator[Finding]:
    """Files whose name or folder holds braces, which the workflow engine reads as wildcards: error."""
    for center, case_id, column, path in _uses(context):
        if "{" in path or "}" in path:
            found = f"case {case_id!r}: {column} {path!r} holds braces, which the workflow reads as wildcards"
            action = "rename the file or folder"
            yield Finding("error", "file_name_with_braces", center, case_id, path, found, action)


def file_used_twice(context: AuditContext) -> Iterator[Finding]:
    """One file, by whatever path, under two columns or two cases: error; fatal where one trains and the other tests.

    A brain mask may serve several cases (collections on an atlas ship one for all): note.
    """
    uses: dict[tuple[int, int] | str, list[_Use]] = {}
    for use in _uses(context):
        identity = _identity(use[3])
        uses.setdefault(os.path.normpath(use[3]) if identity is None else identity, []).append(use)
    for same in uses.values():
        if len(same) == 1:
            continue
        if {column for _, _, column, _ in same} == {"brain_mask"}:
            yield _shared_brain_mask(same)
            continue
        first = same[0]
        for use in same[1:]:
            center, case_id, column, path = use
            leak = frozenset((first[0], center)) in context.leaks
            if first[:2] == (center, case_id):
                where = f"case {case_id!r}: {first[2]} and {column} are the same file"
            else:
                where = (
                    f"case {case_id!r}: {column} is also {first[2]} of case {first[1]!r}"
                    f"{f' of centre {first[0]}' if first[0] != center else ''}"
                )
            yield Finding(
                "fatal" if leak else "error",
                "file_used_twice",
                center,
                case_id,
                path,
                f"{where} ({path!r})",
                "give each its own file, or remove one of the cases",
            )


def _shared_brain_mask(uses: list[_Use]) -> Finding:
    cases = list(dict.fromkeys(case_id for _, case_id, _, _ in uses))
    return Finding(
        "note",
        "brain_mask_shared",
        uses[0][0],
        "",
        uses[0][3],
        f"one brain mask serves {counted(len(cases), 'case')}: {listed(cases)}",
        "nothing, where all of them are on one atlas",
    )


def _uses(context: AuditContext) -> Iterator[_Use]:
    columns = [context.cases[column].tolist() for column in ("center", "case_id", *FILE_COLUMNS)]
    for center, case_id, *paths in zip(*columns, strict=True):
        for column, path in zip(FILE_COLUMNS, paths, strict=True):
            if path:
                yield center, case_id, column, path


def _identity(path: str) -> tuple[int, int] | None:
    """Identity of a file, through links of both kinds; `None` where there is no file."""
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None
