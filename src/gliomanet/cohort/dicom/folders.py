"""The cases in a folder of DICOM files: one sub-folder per case. Standard library only; read with the workflow."""

from __future__ import annotations

from pathlib import Path

from gliomanet.cohort.case_ids import id_problems
from gliomanet.cohort.folders import require_folder
from gliomanet.errors import CohortError, Problem


def case_folders(folder: Path) -> list[str]:
    """The cases' ids, sorted: the names of the sub-folders. Hidden folders and files beside them are left out.

    Raises:
        CohortError: no such folder, no sub-folder, names that cannot be ids or differ by letter case only.
    """
    require_folder(folder)
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not names:
        action = "it should hold one folder of DICOM files per case"
        raise CohortError([Problem("no folder in it", action, file=str(folder), rule="no_case_folder")])
    if problems := id_problems(folder, names):
        raise CohortError(problems)
    return names
