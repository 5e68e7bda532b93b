"""The way from a prediction to DICOM: refused before any work where it cannot be gone, loaded where asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.errors import CaseError, Problem
from gliomanet.patient.dicom.folder import DicomFolder, folder_digest

if TYPE_CHECKING:
    from gliomanet.patient.dicom.context import Examination
    from gliomanet.patient.given import Given
    from gliomanet.patient.result import ResultValues

PAGE = "report.pdf"
"""File of a result that is written as DICOM beside the others, where there is one."""


def described(folder: Path | None, given: Given) -> DicomFolder | None:
    """The DICOM folder of a case, for its result."""
    if folder is None:
        return None
    return DicomFolder(digest=folder_digest(folder), modalities=tuple(given.series))


def examination_of(case_id: str, given: Given, folder: Path | None, report: Callable[[str], object]) -> Examination:
    """The examination that a result can be written into.

    Raises:
        CaseError: an image was given as a NIfTI file, which names no study; or the headers do not suffice.
    """
    action = "give the whole examination by --dicom, or leave --dicom-out out"
    if folder is None:
        found = "DICOM is asked for, and the images are NIfTI files, which name no patient and no study"
        raise CaseError(Problem(found, action, case=case_id, rule="dicom_out_without_dicom"))
    if foreign := [name for name in given.modalities if name not in given.series]:
        found = "is a NIfTI file, which names no study that DICOM could be written into"
        problem = Problem(found, action, image=foreign[0], file=str(given.files[foreign[0]]), case=case_id)
        raise CaseError(problem.at(rule="dicom_out_of_nifti"))
    from gliomanet.patient.dicom.context import read_examination

    examination = read_examination(folder, given.series, given.files, case_id)
    for note in examination.notes:
        report(note)
    return examination


def write_objects(
    result: Path, values: ResultValues, examination: Examination, report: Callable[[str], object]
) -> None:
    """Write the result's DICOM objects; with its page, where it has one."""
    from gliomanet.patient.dicom.write import write_dicom

    page = result / PAGE
    for path in write_dicom(result, values, examination, page if page.is_file() else None):
        report(f"DICOM: {path}")
