"""Opening an upload, in a worker process: what is kept are images under generated names, without identity.

DICOM files are turned into NIfTI here and removed. Their headers hold some hundred attributes that may name a patient
(DICOM PS3.15, annex E), in free text and in private groups too: what is not kept need not be cleaned.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from gliomanet.app.intake.archive import unpack
from gliomanet.app.intake.dicom import Left, quiet, set_apart
from gliomanet.app.intake.inflate import inflate
from gliomanet.app.intake.kinds import Kind, kind_of
from gliomanet.app.intake.limits import DISK_FULL, UploadLimits, refused
from gliomanet.app.intake.names import FILES, FOLDER, MASK, UPLOAD, part_of
from gliomanet.app.intake.nifti import rewrite
from gliomanet.app.lines import Said, line_text, said
from gliomanet.cohort.dicom.convert import convert_case
from gliomanet.errors import CaseError, Problem
from gliomanet.files.atomic import write_json
from gliomanet.modalities import MODALITIES
from gliomanet.patient.statements.statement import Statement
from gliomanet.tables.io import read_table

NOTES = "notes.json"
"""Beside the files that are kept: what is said of them."""

CASE = "upload"
"""Stands for the case in the importer's messages."""

_NOT_OF_THE_FILES = (DISK_FULL, "dcm2niix_failed")
"""Rules of problems of the machine or of the converter, after which the same upload may be taken another time."""

_ACCEPTED = "send NIfTI (.nii, .nii.gz), or an examination's DICOM files as a folder or a zip archive"


@dataclass(frozen=True)
class Intake:
    """The images of an upload.

    Attributes:
        images: modality → NIfTI file.
        mask: tumour mask; `None`: none was given.
        notes: how series were told apart, and what was left out, one sentence each.
    """

    images: dict[str, Path]
    mask: Path | None
    notes: tuple[Said, ...]


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    notes: tuple[Said, ...]


def take_in(folder: Path, limits: UploadLimits | None = None) -> Intake:
    """Open an upload, keep its images, and remove the rest. Done once; a further call finds what is kept.

    An upload that is refused is removed whole; one whose opening was broken off, or was ended by the disk or the
    converter, stays as it came, to be opened once more.

    Args:
        folder: a case's input, whose `upload/` `receive` wrote.
        limits: the bounds.

    Raises:
        UploadError: a file is not taken.
        CaseError: the DICOM files cannot be told apart, or are of two patients or days.
        StorageError: the disk does not take it.
    """
    kept, work, upload = folder / FILES, folder / "opening", folder / UPLOAD
    if not kept.is_dir():
        if not upload.is_dir():
            gone = "the files of this case were not taken, and are not kept"
            raise refused("upload_gone", gone, "send the right ones as a new case")
        _remove(work)
        (work / FILES).mkdir(parents=True)
        try:
            with _passing_files_in(work):
                notes = _open(upload, work, limits or UploadLimits())
        except CaseError as error:
            if error.problem.rule not in _NOT_OF_THE_FILES:  # they would be refused each time, and may name a patient
                _remove(work, upload)
            raise
        write_json(work / FILES / NOTES, _Kept(notes=notes).model_dump())
        (work / FILES).rename(kept)
    _remove(work, upload)
    found = {path.name.removesuffix(".nii"): path for path in sorted(kept.glob("*.nii"))}
    told = _Kept.model_validate_json((kept / NOTES).read_text(encoding="utf-8")).notes
    return Intake({name: found[name] for name in MODALITIES if name in found}, found.get(MASK), told)


def _remove(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)


@contextmanager
def _passing_files_in(folder: Path) -> Iterator[None]:
    """Let programs and libraries put their files of passage there: what a kill leaves is deleted with the case."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _open(upload: Path, work: Path, limits: UploadLimits) -> tuple[Said, ...]:
    given: dict[str, Path] = {}
    several: list[tuple[Path, str]] = []
    for path in sorted(upload.iterdir()):
        part, told = part_of(path)
        if part == FOLDER:
            several.append((path, told))
        else:
            given[part] = path
    left = Counter[Left]()
    dicom: list[Path] = []
    for path, told in _unpacked(several, work, limits):
        kind = kind_of(path)
        if kind == "dicom":
            dicom.append(path)
        elif kind in ("gzip", "nifti") and told:
            if told in given and given[told].parent == path.parent:
                found = f"more than one file has a name that says {told}"
                raise refused("two_files_for_one", found, "send the right one alone")
            given.setdefault(told, path)
        elif kind == "zip":
            raise refused(
                "nested_archive", "there is an archive in the archive, or beside others", "send one plain zip archive"
            )
        else:
            left["left_unknown", ""] += 1
    for name, path in given.items():
        _keep(path, name, work, limits)
    notes = _convert(dicom, work, limits, left, given) if dicom else []
    notes += [said(code, n=number, kind=kind) for (code, kind), number in left.items()]
    if not any((work / FILES / f"{name}.nii").is_file() for name in MODALITIES):
        reasons = "; ".join(line_text(one, "en") for one in notes)
        raise refused(
            "no_image", f"the upload holds no image that can be used{f' ({reasons})' if reasons else ''}", _ACCEPTED
        )
    return tuple(notes)


def _unpacked(several: list[tuple[Path, str]], work: Path, limits: UploadLimits) -> Iterator[tuple[Path, str]]:
    """Files of a folder, or of the one archive in their place, with what their names told."""
    if len(several) != 1 or kind_of(several[0][0]) != "zip":
        yield from several
        return
    members = work / "members"
    members.mkdir()
    for path in unpack(several[0][0], members, 0, limits):
        yield path, part_of(path)[1]


def _keep(source: Path, name: str, work: Path, limits: UploadLimits) -> None:
    """Keep one image: unpacked, judged, and without free text."""
    kind: Kind = kind_of(source)
    if kind == "gzip":
        plain = work / f"{name}.plain"
        inflate(source, plain, limits, name)
        source, kind = plain, kind_of(plain)
    if kind != "nifti":
        found = {"dicom": "is a DICOM file", "zip": "is an archive", "gzip": "is packed twice"}.get(
            kind, "is no NIfTI file"
        )
        action = (
            "send DICOM files and archives in the field for an examination" if kind in ("dicom", "zip") else _ACCEPTED
        )
        raise refused("no_nifti", found, action, image=name)
    rewrite(source, work / FILES / f"{name}.nii", limits, name)
    if source.parent == work:
        source.unlink()


@quiet()
def _convert(
    files: list[Path], work: Path, limits: UploadLimits, left: Counter[Left], given: dict[str, Path]
) -> list[Said]:
    """Convert DICOM images; an image that was given by itself goes before."""
    taken, not_taken = set_apart(files, work / "images", limits)
    left.update(not_taken)
    if not taken:
        return []
    converted = work / "converted"
    try:
        found = convert_case(work / "images", converted, CASE)
    except CaseError as error:
        raise CaseError(_without_paths(error.problem)) from error
    except RecursionError as error:
        found_so = "a DICOM file nests its elements without end"
        raise refused("nested_dicom", found_so, "export the examination again") from error
    notes: list[Said] = [_told(row) for row in read_table(converted / "series.tsv").to_dict("records")]
    for name, series in found.items():
        if name in given:
            notes.append(said("given_goes_before", modality=name))
            continue
        _keep(series.file, name, work, limits)
    return notes


def _told(row: Any) -> Statement:
    """A row of `series.tsv` in words, without what somebody typed at the scanner."""
    number, file, modality, why = (str(row[name]) for name in ("series", "file", "taken_as", "why"))
    if not number:
        return said("of_series", why=why)
    if not file:
        return said("series_not_used", number=number, why=why)
    return said("series_taken", number=number, modality=modality, why=why)


def _without_paths(problem: Problem) -> Problem:
    """The importer's problem without places of this machine."""
    action = problem.action
    if problem.rule == "no_usable_series":
        action = "convert the right series to NIfTI, and send each as the modality that it is"
    return Problem(problem.found, action, rule=problem.rule)
