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

Left = tuple[str, str]
"""A reason why a file is left out: code of its sentence, and the kind of file or the bound that it names."""

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
def set_apart(files: Iterable[Path], into: Path, limits: UploadLimits) -> tuple[int, Counter[Left]]:
    """Gather the MR images among DICOM files in a folder, as links, and empty their preambles.

    A preamble is 128 bytes before the image that no reader needs, and in which a program can hide (CVE-2019-11687).

    Args:
        files: begin as DICOM does; they stay where they are, so that an opening that is broken off can begin anew.
        into: folder for the links.
        limits: the bounds of voxels.

    Returns:
        Number of images; reason → number of the files that are left out for it.
    """
    into.mkdir(exist_ok=True)
    taken, left = 0, Counter[Left]()
    for path in files:
        why, kind = _why_not(path, limits)
        if why:
            left[why, kind] += 1
            continue
        _empty_preamble(path)
        (into / f"{taken:06d}.dcm").symlink_to(path.resolve())
        taken += 1
    return taken, left


def _why_not(path: Path, limits: UploadLimits) -> Left:
    syntax = _syntax(path)
    if syntax == DeflatedExplicitVRLittleEndian:  # it would be unpacked whole, whatever it holds
        return "left_deflated", ""
    if syntax and syntax not in SYNTAXES:
        return "left_compressed", ""
    try:
        header = read_header(path, _TAGS)
    except RecursionError:
        return "left_nested", ""
    if header is None:
        return "left_damaged", ""
    try:
        kind = str(header.get("SOPClassUID", ""))
        if kind not in IMAGES:
            return ("left_kind", UID(kind).name) if _is_known(kind) else ("left_no_mr", "")
        rows, columns = int(header.get("Rows", 0)), int(header.get("Columns", 0))
        frames, samples = int(header.get("NumberOfFrames", 1) or 1), int(header.get("SamplesPerPixel", 1))
        bits = int(header.get("BitsAllocated", 0))
    except (*BROKEN, RecursionError):
        return "left_damaged", ""
    if not (
        0 < rows <= limits.axis
        and 0 < columns <= limits.axis
        and frames > 0
        and rows * columns * frames <= limits.voxels
    ):
        return "left_size", f"{limits.axis:,}, {limits.voxels:,}"
    return ("", "") if samples == 1 and bits in (8, 16, 32) else ("left_colour", "")


def _is_known(kind: str) -> bool:
    return kind.startswith("1.2.840.10008.") and UID(kind).name != kind


def _syntax(path: Path) -> str:
    """The way in which a file is written; empty where it does not say, as old archives do not."""
    try:
        # An element is turned into its value when it is asked for, and may be damaged, too.
        return str(pydicom.filereader.read_file_meta_info(path).get("TransferSyntaxUID", ""))
    except (*BROKEN, RecursionError):
        return ""


def _empty_preamble(path: Path) -> None:
    with path.open("r+b") as file:
        if file.read(132)[128:] == b"DICM":
            file.seek(0)
            file.write(bytes(128))
