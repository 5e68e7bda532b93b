"""The examination that results are written into: the headers of its series, checked before anything is computed.

Patient and study are copied from here into the DICOM objects and nowhere else. What DICOM lets be empty and a file
lacks is empty; what it does not, and a value that is none of its kind, is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.valuerep import DA, TM, PersonName

from gliomanet.cohort.dicom.headers import read_header
from gliomanet.errors import CaseError, Problem
from gliomanet.patient.dicom.planes import Plane, planes_of

_NEEDED = (
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"),
    *("Rows", "Columns"),
)
_MAY_BE_EMPTY = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate"),
    *("StudyTime", "ReferringPhysicianName"),
)
_KINDS: dict[str, Any] = {"PatientBirthDate": DA, "StudyDate": DA, "StudyTime": TM}
_SEXES = ("M", "F", "O")
_EXPORT = "export the series again with its whole headers, or predict without --dicom-out"


@dataclass(frozen=True)
class SourceSeries:
    """The series that a modality was taken from.

    Attributes:
        modality: of this project.
        images: headers, one per slice, along the slices' axis; or one of many frames.
        planes: place of every slice, in the order of the images or frames.
    """

    modality: str
    images: tuple[Dataset, ...]
    planes: tuple[Plane, ...]

    @property
    def uids(self) -> tuple[str, ...]:
        """The images' own UIDs, sorted."""
        return tuple(sorted(str(image.SOPInstanceUID) for image in self.images))


@dataclass(frozen=True)
class Examination:
    """The series of a case.

    Attributes:
        series: modality → its series.
        notes: values of the headers that could not be taken over, a sentence each.
    """

    series: Mapping[str, SourceSeries]
    notes: tuple[str, ...]


def read_examination(folder: Path, uids: Mapping[str, str], images: Mapping[str, Path], case_id: str) -> Examination:
    """The headers of the series that the modalities were taken from.

    Args:
        folder: the examination's DICOM files.
        uids: modality → UID of its series.
        images: modality → the NIfTI file that was made of that series, whose voxels the slices must be.
        case_id: for messages.

    Raises:
        CaseError: a series lacks what a DICOM object in its context needs, or its slices are not the image's.
    """
    found: dict[str, dict[str, tuple[Path, Dataset]]] = defaultdict(dict)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        header = read_header(path)
        if header is not None and (uid := str(header.get("SeriesInstanceUID", ""))) in uids.values():
            _require(header, path, case_id)
            found[uid].setdefault(str(header.SOPInstanceUID), (path, header))
    notes: dict[str, None] = {}
    series = {}
    for modality, uid in uids.items():
        files = found.get(uid, {})
        if not files:
            problem = Problem(f"holds no file of the series of {modality}", _EXPORT, rule="dicom_series_lost")
            raise CaseError(problem.at(file=str(folder), case=case_id))
        kept, planes = planes_of(list(files.values()), images[modality], modality, case_id)
        for header in kept:
            notes |= dict.fromkeys(_complete(header))
        series[modality] = SourceSeries(modality, tuple(kept), tuple(planes))
    return Examination(series, tuple(notes))


def _require(header: Dataset, path: Path, case_id: str) -> None:
    if missing := [name for name in _NEEDED if header.get(name) in (None, "")]:
        found = f"has no {', '.join(missing)}, without which nothing can be written into its study"
        raise CaseError(Problem(found, _EXPORT, file=str(path), case=case_id, rule="dicom_attribute_missing"))


def _complete(header: Dataset) -> Iterable[str]:
    """Make empty what is missing and may be, and what is no value of its kind; a sentence on each of the latter."""
    for name in _MAY_BE_EMPTY:
        if name not in header or header.get(name) is None:
            setattr(header, name, "")
        elif not _is_of_its_kind(name, header.get(name)):
            setattr(header, name, "")
            yield f"DICOM: {name} is no value that DICOM allows; it is left empty in what is written"
    if not header.get("SpecificCharacterSet") and not str(header.PatientName).isascii():
        header.PatientName = PersonName(str(header.PatientName))
        yield "DICOM: the files name no character set; PatientName is read as Latin letters (ISO 8859-1)"


def _is_of_its_kind(name: str, value: Any) -> bool:
    if name == "PatientSex":
        return str(value) in ("", *_SEXES)
    if name not in _KINDS or str(value) == "":
        return True
    try:
        _KINDS[name](str(value))
    except ValueError:
        return False
    return True
