"""Bounds of an upload, and the error that says which one it goes beyond."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from gliomanet.errors import CaseError, Problem

DISK_FULL = "disk_full"
"""Rule of the one bound that an upload itself is not to blame for."""


@dataclass(frozen=True)
class UploadLimits:
    """The most that an upload may hold. An examination of four series has some 2,000 DICOM files and 500 MB.

    Attributes:
        request_bytes: of a whole request, as counted while it comes in, whatever it says of its length.
        patience: seconds that a request may take, beside those that `bytes_per_second` gives it.
        bytes_per_second: slower requests are ended: they would hold a place for days.
        file_bytes: of one file of it.
        files: in one request, or in one archive.
        fields: form fields that are no files.
        field_bytes: of one of these.
        inflated_bytes: of one file that was unpacked.
        archive_bytes: of everything that one archive holds, unpacked.
        gzip_members: gzip streams in one file; block-wise packers write one per 64 kB.
        table_bytes: of an archive's table of members, which is read whole.
        free_of_ratio: unpacked bytes up to which no ratio is asked for: a tumour mask is packed to a hundredth or less.
        ratio: unpacked over packed bytes, beyond that.
        axis: voxels along one axis.
        voxels: of one image.
        spare_bytes: of the disk, that an upload leaves free.
    """

    request_bytes: int = 4 * 2**30
    patience: float = 60.0
    bytes_per_second: int = 50_000
    file_bytes: int = 2**30
    files: int = 6000
    fields: int = 20
    field_bytes: int = 1000
    inflated_bytes: int = 2 * 2**30
    archive_bytes: int = 6 * 2**30
    gzip_members: int = 2**16
    table_bytes: int = 8 * 2**20
    free_of_ratio: int = 256 * 2**20
    ratio: int = 100
    axis: int = 1024
    voxels: int = 256 * 2**20
    spare_bytes: int = 512 * 2**20


class UploadError(CaseError):
    """An upload, or a file of it, that is not taken."""


class TooLargeError(UploadError):
    """An upload beyond a bound: told as 413."""


def refused(rule: str, found: str, action: str, *, image: str = "") -> UploadError:
    """The error of a file that is not taken, without its name: names of files may name a patient."""
    return UploadError(_of(image, rule, found, action))


def too_large(rule: str, found: str, action: str, *, image: str = "") -> TooLargeError:
    """The error of what is too large."""
    return TooLargeError(_of(image, rule, found, action))


def _of(image: str, rule: str, found: str, action: str) -> Problem:
    return Problem(f"{image}: {found}" if image else found, action, rule=rule)


def check_room(folder: Path, limits: UploadLimits, needed: int = 0) -> None:
    """See that the disk keeps its spare room.

    Args:
        folder: on that disk.
        limits: the bounds.
        needed: bytes that are about to be written.

    Raises:
        TooLargeError: it does not.
    """
    if shutil.disk_usage(folder).free - needed < limits.spare_bytes:
        found = f"the disk of this server would have less than {size(limits.spare_bytes)} free"
        raise too_large(DISK_FULL, found, "delete cases that are no longer needed, then send it again")


def size(count: int) -> str:
    """Bytes in words.

    >>> size(4 * 2**30), size(300 * 2**20), size(1000)
    ('4 GiB', '300 MiB', '1,000 bytes')
    """
    for unit, name in ((2**30, "GiB"), (2**20, "MiB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count:,} bytes"
