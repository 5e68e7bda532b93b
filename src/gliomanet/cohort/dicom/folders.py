"""Which cases a folder of DICOM files holds: one sub-folder a case. Standard library only; read with the workflow."""

from __future__ import annotations

import re
from pathlib import Path

from gliomanet.errors import CohortError

_CASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def case_folders(folder: Path) -> list[str]:
    """The cases' ids, sorted: the names of the sub-folders. Hidden folders and files beside them are left out.

    Raises:
        CohortError: no such folder, no sub-folder, names that cannot be ids or differ by case only.
    """
    if not folder.is_dir():
        raise CohortError([f"{folder}: {'a file, not a folder' if folder.is_file() else 'no such folder'}"])
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not names:
        raise CohortError([f"{folder}: no folder in it; it should hold one folder of DICOM files a case"])
    problems = [
        f"{folder}: folder {name!r} cannot be a case_id; allowed: letters, digits, '.', '_' and '-', starting with a "
        "letter or a digit; rename it"
        for name in names
        if not _CASE_ID.fullmatch(name)
    ]
    seen: dict[str, str] = {}
    for name in names:
        if (first := seen.setdefault(name.lower(), name)) != name:
            problems.append(f"{folder}: folders {first!r} and {name!r} differ by case only; rename one")
    if problems:
        raise CohortError(problems)
    return names
