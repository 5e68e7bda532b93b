"""The files that somebody gives of a patient, checked before anything is computed: each is there, and there once."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gliomanet.cohort.dicom.convert import convert_case
from gliomanet.errors import CaseError, Problem
from gliomanet.files.digests import file_digest
from gliomanet.modalities import MODALITIES
from gliomanet.tables.io import read_table

MASK = "tumour_mask"


@dataclass(frozen=True)
class Given:
    """Files of one case.

    Attributes:
        files: modality, or `tumour_mask` → file.
        digests: the same → digest of the file.
        notes: how DICOM series were told apart, one sentence each.
        series: modality → UID of the DICOM series that it was taken from.
    """

    files: dict[str, Path]
    digests: dict[str, str]
    notes: tuple[str, ...]
    series: dict[str, str] = field(default_factory=dict)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities, in their order."""
        return tuple(name for name in MODALITIES if name in self.files)


def take(case_id: str, images: Mapping[str, Path], dicom: Path | None, mask: Path | None, scratch: Path) -> Given:
    """The files of a case.

    Args:
        case_id: for messages.
        images: modality → its file; goes before what is found among DICOM files.
        dicom: folder of one examination's DICOM files, told apart by the importer's own rules.
        mask: tumour mask.
        scratch: folder that DICOM files are converted into.

    Raises:
        CaseError: no image, a name that is no modality, a file that is not there, one file for two, or DICOM files that
            cannot be converted (two patients, two days, no usable series).
    """
    files, notes, series = dict(images), list[str](), dict[str, str]()
    if unknown := [name for name in files if name not in MODALITIES]:
        action = f"modalities are {', '.join(MODALITIES)}"
        raise CaseError(Problem(f"{unknown[0]!r} is no modality", action, case=case_id, rule="unknown_modality"))
    if dicom is not None:
        found = convert_case(dicom, scratch, case_id)
        notes = [_told(row) for row in read_table(scratch / "series.tsv").to_dict("records")]
        notes += [f"DICOM: {name} is taken from the file that was given for it" for name in found if name in files]
        series = {name: one.uid for name, one in found.items() if name not in files}
        files = {name: one.file for name, one in found.items()} | files
    if not files:
        action = "give at least one of --t1, --t1c, --t2, --flair, or a folder of DICOM files"
        raise CaseError(Problem("no image was given", action, case=case_id, rule="no_modality"))
    if mask is not None:
        files[MASK] = mask
    files = {name: files[name] for name in (*MODALITIES, MASK) if name in files}
    for name, path in files.items():
        _check_file(case_id, name, path)
    digests = {name: file_digest(path) for name, path in files.items()}
    _check_twice(case_id, files, digests)
    return Given(files, digests, tuple(notes), series)


def _check_file(case_id: str, name: str, path: Path) -> None:
    at = {"case": case_id, "file": str(path), "image": name}
    if path.is_dir():
        action = "give a NIfTI file; of DICOM files give the whole examination's folder by --dicom"
        raise CaseError(Problem("is a folder", action, rule="folder_in_place_of_file").at(**at))
    if not path.is_file():
        raise CaseError(Problem("does not exist", "look at the path", rule="no_such_file").at(**at))
    if not os.access(path, os.R_OK):
        action = "give this account the right to read it"
        raise CaseError(Problem("cannot be read: permission denied", action, rule="unreadable_file").at(**at))


def _check_twice(case_id: str, files: Mapping[str, Path], digests: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for name, digest in digests.items():
        if (other := seen.setdefault(digest, name)) != name:
            found = f"is the very file that {other} is ({files[other]})"
            action = "give each modality its own file, or leave one out"
            problem = Problem(found, action, image=name, file=str(files[name]), case=case_id, rule="one_file_for_two")
            raise CaseError(problem)


def _told(row: Mapping[Hashable, Any]) -> str:
    """A row of `series.tsv` in words."""
    number, file, modality, why = (str(row[name]) for name in ("series", "file", "taken_as", "why"))
    if not number:
        return f"DICOM: {why}"
    return f"DICOM series {number}: {f'taken as {modality}' if file else 'not used'} ({why})"
