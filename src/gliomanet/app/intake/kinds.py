"""The kind of a file by its first bytes; its name and what the browser says of it count for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Kind = Literal["gzip", "zip", "nifti", "dicom", "other"]

_HEADER_SIZES = (348, 540)
_DICOM_AT = 128


def kind_of(path: Path) -> Kind:
    """The kind of a file."""
    with path.open("rb") as file:
        begin = file.read(_DICOM_AT + 4)
    if begin.startswith(b"\x1f\x8b"):
        return "gzip"
    if begin.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if begin[_DICOM_AT:] == b"DICM":
        return "dicom"
    if {int.from_bytes(begin[:4], "little"), int.from_bytes(begin[:4], "big")} & set(_HEADER_SIZES):
        return "nifti"
    # A file of old archives without preamble begins with the group 0002 or 0008 of its first element.
    return "dicom" if begin[:4] in (b"\x02\0\0\0", b"\x08\0\0\0", b"\x08\0\x05\0", b"\x08\0\x08\0") else "other"
