"""Facts of a folder's DICOM headers that dcm2niix does not pass on, read file by file without the pixels."""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError

from gliomanet.cohort.contrast_medium import names_an_agent

_TAGS = [
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "Rows"),
    *("PatientID", "PatientName", "PatientBirthDate", "StudyDate", "SeriesDate", "AcquisitionDate"),
    *("AcquisitionTime", "AcquisitionDateTime", "SeriesTime", "ContrastBolusAgent", "ContrastBolusAgentSequence"),
    *("ImagePositionPatient", "ImageOrientationPatient", "NumberOfFrames"),
]
BROKEN = (
    *(InvalidDicomError, BytesLengthException, OSError, ValueError, TypeError, KeyError, AttributeError),
    *(NotImplementedError, EOFError, struct.error),
)
"""Errors that pydicom has for a broken file."""

_PREAMBLE = 128
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
"""First bytes of a file without preamble: the group of its own description, or of the image's."""
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_FEWEST_POSITIONS = 4
_GAP = 1.5
"""Distance between neighbouring slices, in those of most, from which one is missing."""


@dataclass(frozen=True)
class SeriesFacts:
    """Facts of one series.

    Attributes:
        scanner: the DICOM modality: MR, CT, …; "" where it is not given.
        screenshot: secondary captures.
        agent: a header names a contrast agent.
        time: seconds of the day at which its first acquisition began; `None` where it is not given.
        missing_slices: slices that the positions of the others leave room for.
    """

    scanner: str = ""
    screenshot: bool = False
    agent: bool = False
    time: float | None = None
    missing_slices: int = 0


@dataclass(frozen=True)
class Headers:
    """Facts of a folder.

    Attributes:
        files: every file.
        series: series UID → facts.
        patients, days: how many different ones the images name.
        unreadable: files that hold no DICOM image.
        without_preamble: files that begin with their own description, without the 132 bytes that should precede it.
    """

    files: tuple[Path, ...]
    series: Mapping[str, SeriesFacts]
    patients: int
    days: int
    unreadable: int
    without_preamble: frozenset[Path]


@dataclass
class _Collected:
    scanners: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    agent: bool = False
    times: list[float] = field(default_factory=list)
    places: dict[tuple[float, ...], list[float]] = field(default_factory=lambda: defaultdict(list))


def read_headers(folder: Path) -> Headers:
    """The facts of every DICOM image in a folder and its sub-folders."""
    files = tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
    collected: dict[str, _Collected] = defaultdict(_Collected)
    ids, names, births, days = set(), set(), set(), set()
    unreadable, bare = 0, set()
    for path in files:
        header = read_header(path, _TAGS)
        if header is None or "Rows" not in header or "SeriesInstanceUID" not in header:
            unreadable += 1
            continue
        if _starts_with(path) == _FIRST_GROUPS[0]:
            bare.add(path)
        ids.add(_cell(header, "PatientID"))
        names.add(_cell(header, "PatientName").rstrip("^").lower())
        births.add(_cell(header, "PatientBirthDate"))
        days.add(next(filter(None, (_cell(header, f"{of}Date") for of in ("Study", "Series", "Acquisition"))), ""))
        _collect(collected[_cell(header, "SeriesInstanceUID")], header)
    patients = max(len((ids if any(ids) else names) - {""}), len(births - {""}))
    series = {uid: _facts(one) for uid, one in collected.items()}
    return Headers(files, series, patients, len(days - {""}), unreadable, frozenset(bare))


def read_header(path: Path, tags: list[str] | None = None) -> Dataset | None:
    """The header of a DICOM file, with or without preamble; `None` for another file.

    Args:
        path: the file.
        tags: names of the elements that are read; default: all but the pixels.
    """
    begins = _starts_with(path)
    if begins != b"DICM" and begins not in _FIRST_GROUPS:
        return None
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, force=begins != b"DICM", specific_tags=tags)
        header.decode()
    except BROKEN:
        return None
    return header


def _starts_with(path: Path) -> bytes:
    """`DICM`, or the group of the first element of a file without that word."""
    with path.open("rb") as file:
        begin = file.read(_PREAMBLE + 4)
    return b"DICM" if begin[_PREAMBLE:] == b"DICM" else begin[:2]


def _collect(one: _Collected, header: Dataset) -> None:
    one.scanners.add(_cell(header, "Modality").upper())
    one.classes.add(_cell(header, "SOPClassUID"))
    one.agent = one.agent or _names_an_agent(header)
    for name in ("AcquisitionTime", "AcquisitionDateTime", "SeriesTime"):
        if (time := _seconds(_cell(header, name))) is not None:
            one.times.append(time)
            break
    if int(_cell(header, "NumberOfFrames") or 1) > 1:
        return  # positions are those of its frames
    try:
        orientation = np.array([float(v) for v in header.ImageOrientationPatient]).reshape(2, 3)
        position = np.array([float(v) for v in header.ImagePositionPatient])
    except (AttributeError, TypeError, ValueError):
        return
    normal = np.cross(orientation[0], orientation[1])
    one.places[tuple(np.round(orientation.ravel(), 2))].append(round(float(normal @ position), 1))


def _facts(one: _Collected) -> SeriesFacts:
    return SeriesFacts(
        scanner=next(iter(sorted(one.scanners - {""})), ""),
        screenshot=any(uid.startswith(_SECONDARY_CAPTURE) for uid in one.classes),
        agent=one.agent,
        time=min(one.times, default=None),
        missing_slices=missing_slices(next(iter(one.places.values()))) if len(one.places) == 1 else 0,
    )


def missing_slices(places: Iterable[float]) -> int:
    """Slices that parallel ones leave room for.

    Args:
        places: their places along the normal, in mm, in any order; a place may be there several times.

    >>> missing_slices([0, 5, 10, 20, 25, 40])
    3
    """
    steps = np.diff(sorted(set(places)))
    if len(steps) < _FEWEST_POSITIONS - 1:
        return 0
    usual = float(np.median(steps))
    return sum(round(float(step) / usual) - 1 for step in steps if step >= _GAP * usual)


def _names_an_agent(header: Dataset) -> bool:
    told = [_cell(header, "ContrastBolusAgent")]
    for item in header.get("ContrastBolusAgentSequence") or ():  # enhanced files
        told += [_cell(item, "CodeMeaning"), _cell(item, "ContrastBolusAgent")]
    return any(names_an_agent(cell) for cell in told)


def _cell(header: Dataset, name: str) -> str:
    return str(header.get(name) or "").strip()


def _seconds(cell: str) -> float | None:
    """Seconds of the day, of a time `HHMMSS.ffffff` or a date and time `YYYYMMDDHHMMSS.ffffff`."""
    match = re.match(r"(?:\d{8})?(\d\d)(\d\d)(\d\d(?:\.\d+)?)", cell.replace(":", ""))
    return 3600 * int(match[1]) + 60 * int(match[2]) + float(match[3]) if match else None
