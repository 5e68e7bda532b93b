"""DICOM files: MR images are set apart for the importer, everything else of an examination is left out."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)

from gliomanet.app.intake.limits import UploadLimits
from gliomanet.cohort.dicom.headers import BROKEN, read_header

SYNTAXES = frozenset(
    f"1.2.840.10008.1.2{end}"
    for end in ("", ".1", ".2", ".5", ".4.50", ".4.51", ".4.57", ".4.70", ".4.80", ".4.81", ".4.90", ".4.91")
)
"""Ways of writing pixels that dcm2niix reads: plain, run lengths, JPEG, JPEG-LS, JPEG 2000; no films, no HTJ2K."""

IMAGES = (MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage)
_TAGS = ["SOPClassUID", "Rows", "Columns", "NumberOfFrames", "BitsAllocated", "SamplesPerPixel"]


@contextmanager
def quiet() -> Iterator[None]:
    """Let pydicom say nothing: its warnings quote a file's text, and would end in the server's output."""
    log = logging.getLogger("pydicom")
    before, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        log.disabled = before


@quiet()
def set_apart(files: Iterable[Path], into: Path, limits: UploadLimits) -> tuple[int, Counter[str]]:
    """Move the MR images among DICOM files into a folder, their preambles emptied.

    A preamble is 128 bytes before the image that no reader needs, and in which a program can hide (CVE-2019-11687).

    Args:
        files: begin as DICOM does.
        into: folder for them.
        limits: the bounds of voxels.

    Returns:
        Number of images; reason → number of the files that are left out.
    """
    into.mkdir(exist_ok=True)
    taken, left = 0, Counter[str]()
    for path in files:
        if why := _why_not(path, limits):
            left[why] += 1
            continue
        _empty_preamble(path)
        path.rename(into / f"{taken:06d}.dcm")
        taken += 1
    return taken, left


def _why_not(path: Path, limits: UploadLimits) -> str:
    syntax = _syntax(path)
    if syntax == DeflatedExplicitVRLittleEndian:  # it would be unpacked whole, whatever it holds
        return "is deflated as a whole, which can hide its size"
    if syntax and syntax not in SYNTAXES:
        return "is compressed in a way that is not read here"
    try:
        header = read_header(path, _TAGS)
    except RecursionError:
        return "nests its elements without end"
    if header is None:
        return "is damaged"
    kind = str(header.get("SOPClassUID", ""))
    if kind not in IMAGES:
        return f"is no MR image ({UID(kind).name if kind else 'of no class'})" if _is_known(kind) else "is no MR image"
    try:
        rows, columns = int(header.get("Rows", 0)), int(header.get("Columns", 0))
        frames, samples = int(header.get("NumberOfFrames", 1) or 1), int(header.get("SamplesPerPixel", 1))
        bits = int(header.get("BitsAllocated", 0))
    except (TypeError, ValueError):
        return "is damaged"
    if not (
        0 < rows <= limits.axis
        and 0 < columns <= limits.axis
        and frames > 0
        and rows * columns * frames <= limits.voxels
    ):
        return f"is larger than {limits.axis:,} pixels along an axis or {limits.voxels:,} in all, or has none"
    return "" if samples == 1 and bits in (8, 16, 32) else "is in colour, or of unusual pixels"


def _is_known(kind: str) -> bool:
    return kind.startswith("1.2.840.10008.") and UID(kind).name != kind


def _syntax(path: Path) -> str:
    """The way in which a file is written; empty where it does not say, as old archives do not."""
    try:
        meta = pydicom.filereader.read_file_meta_info(path)
    except (*BROKEN, RecursionError):
        return ""
    return str(meta.get("TransferSyntaxUID", ""))


def _empty_preamble(path: Path) -> None:
    with path.open("r+b") as file:
        if file.read(132)[128:] == b"DICM":
            file.seek(0)
            file.write(bytes(128))
