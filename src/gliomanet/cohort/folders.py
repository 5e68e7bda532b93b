"""Refusing a folder that is not there."""

from __future__ import annotations

from pathlib import Path

from gliomanet.errors import CohortError, Problem


def require_folder(folder: Path) -> None:
    """Refuse a path that is no folder.

    Raises:
        CohortError: nothing is there, or a file.
    """
    if not folder.is_dir():
        found = "a file, not a folder" if folder.is_file() else "no such folder"
        raise CohortError([Problem(found, "correct the path", file=str(folder), rule="no_folder")])
