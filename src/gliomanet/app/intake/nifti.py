"""NIfTI files: every field of the header is judged before an array is read, then copied without free text.

Layouts: NIfTI-1.1 (348 bytes) and NIfTI-2 (540 bytes), https://nifti.nimh.nih.gov.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from gliomanet.app.intake.limits import UploadError, UploadLimits, refused, too_large
from gliomanet.files.storage import writing
from gliomanet.imaging.header_readings import LEAST_DETERMINANT

TYPES = {2: 8, 4: 16, 8: 32, 16: 32, 64: 64, 256: 8, 512: 16, 768: 32, 1024: 64, 1280: 64}
"""Codes of the voxel types that are taken (integers and floats) → their bits."""

FREE_TEXT = ("descrip", "aux_file", "db_name", "data_type", "intent_name", "unused_str")
"""Fields that hold what somebody typed, or a program's note, such as a name or the time of day."""

UNUSED = ("extents", "session_error", "regular", "glmax", "glmin")
"""Fields that NIfTI-1 keeps from an older format and gives no meaning."""

_PIECE = 2**20
_SINGLE = {348: (b"n+1\0", 352), 540: (b"n+2\0\r\n\x1a\n", 544)}
_EXPORT = "export the image again, as one NIfTI file"


def rewrite(source: Path, target: Path, limits: UploadLimits, image: str) -> None:
    """Check a NIfTI file, and write it little-endian, without free text and extensions.

    Values of voxels, scaling and geometry stay as they are.

    Args:
        source: the file, not compressed.
        target: file that is written.
        limits: the bounds.
        image: the form part, for messages.

    Raises:
        UploadError: the header contradicts itself or the file, or the image is not one of numbers in three dimensions.
    """
    header, first, count = _judged(source, limits, image)
    for name in FREE_TEXT:
        if name in header.keys():  # noqa: SIM118 - a header is no mapping
            header[name] = b""
    for name in UNUSED:
        if name in header.keys():  # noqa: SIM118
            header[name] = header[name] * 0 if header[name].dtype.kind == "i" else b""
    header["dim"] = [3, *header["dim"][1:4], 1, 1, 1, 1]
    start = _SINGLE[int(header["sizeof_hdr"])][1]
    header["vox_offset"] = start
    width = int(header["bitpix"]) // 8 if header.endianness == ">" else 1
    header = header if header.endianness == "<" else header.as_byteswapped("<")
    with source.open("rb") as file, writing(target), target.open("xb") as out:
        out.write(bytes(header.binaryblock).ljust(start, b"\0"))
        file.seek(first)
        while count > 0 and (piece := file.read(min(_PIECE, count))):
            out.write(np.frombuffer(piece, f"u{width}").byteswap().tobytes() if width > 1 else piece)
            count -= len(piece)


def _judged(source: Path, limits: UploadLimits, image: str) -> tuple[Any, int, int]:
    """The header, and first byte and number of bytes of the voxels."""

    def wrong(rule: str, found: str, action: str = _EXPORT) -> UploadError:
        return refused(rule, found, action, image=image)

    length = source.stat().st_size
    with source.open("rb") as file:
        block = file.read(540)
    header = _header(block)
    if header is None:
        raise wrong("no_nifti", "is no NIfTI file")
    size = int(header["sizeof_hdr"])
    magic, least = _SINGLE[size]
    found_magic = bytes(block[344:348] if size == 348 else block[4:12])
    if found_magic != magic:
        pair = found_magic[:3] in (b"ni1", b"ni2")
        said = (
            "is the header of a pair of files, without its image" if pair else "is no NIfTI file: its magic is another"
        )
        raise wrong("detached_pair" if pair else "no_nifti", said)
    shape = _shape(header, limits, wrong, image)
    code, bits = int(header["datatype"]), int(header["bitpix"])
    if code not in TYPES:
        raise wrong(
            "voxel_type", f"has voxels of type {code}: no integers or floats, such as colours or complex numbers"
        )
    if bits != TYPES[code]:
        raise wrong("voxel_bits", f"says {bits} bits a voxel, and its type {code} has {TYPES[code]}")
    offset = float(header["vox_offset"])
    if not math.isfinite(offset) or offset != int(offset) or not least <= offset <= length:
        raise wrong("voxel_offset", f"says that its voxels begin at byte {offset:g} of {length:,}")
    count = math.prod(shape) * bits // 8
    if count > length - int(offset):
        raise wrong("truncated", f"holds {length - int(offset):,} bytes of voxels, and {count:,} are due")
    _check_extensions(source, size, int(offset), wrong)
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    # NIfTI: a slope of 0 says that values are not scaled; some writers put NaN there for the same.
    if math.isinf(slope) or math.isinf(inter) or (slope not in (0.0,) and not math.isnan(slope) and math.isnan(inter)):
        raise wrong("scaling", f"scales its values by {slope:g} and {inter:g}")
    _check_geometry(header, wrong)
    return header, int(offset), count


def _header(block: bytes) -> Any:
    for size, kind in ((348, nib.Nifti1Header), (540, nib.Nifti2Header)):
        for endianness, order in (("<", "little"), (">", "big")):
            if int.from_bytes(block[:4], order) == size and len(block) >= size:  # type: ignore[arg-type]
                return kind(block[:size], endianness=endianness, check=False)  # type: ignore[no-untyped-call]
    return None


def _shape(header: Any, limits: UploadLimits, wrong: Any, image: str) -> tuple[int, ...]:
    dim = [int(one) for one in header["dim"]]
    if not 1 <= dim[0] <= 7:
        raise wrong("dimensions", f"says that it has {dim[0]} dimensions")
    shape = tuple(dim[1 : dim[0] + 1])
    shown = " × ".join(map(str, shape))
    if any(one < 1 for one in shape):
        raise wrong("axis", f"has axes of {shown} voxels")
    if len(shape) < 3 or any(one > 1 for one in shape[3:]):
        action = "give one image of three dimensions"
        raise wrong("not_three_dimensions", f"is no single image of three dimensions ({shown} voxels)", action)
    if max(shape) > limits.axis or math.prod(shape) > limits.voxels:
        found = f"has {shown} voxels; {limits.axis:,} along an axis and {limits.voxels:,} in all are taken"
        raise too_large("too_many_voxels", found, "give the scanner's own image", image=image)
    return shape


def _check_extensions(source: Path, size: int, offset: int, wrong: Any) -> None:
    """Follow the chain of extensions: each has a length of a multiple of 16, within the bytes before the voxels."""
    with source.open("rb") as file:
        file.seek(size)
        flag, at = file.read(4), size + 4
        order: Any = "little"
        if len(flag) < 4 or not flag[0]:
            return
        while at + 8 <= offset:
            file.seek(at)
            begin = file.read(8)
            length = int.from_bytes(begin[:4], order)
            if length % 16 or length < 16 or at + length > offset:
                order, length = "big", int.from_bytes(begin[:4], "big")
            if length % 16 or length < 16 or at + length > offset:
                raise wrong("extension", "has an extension of its header whose length cannot be")
            at += length


def _check_geometry(header: Any, wrong: Any) -> None:
    spacing = [float(one) for one in header["pixdim"][1:4]]
    if any(not math.isfinite(one) or one <= 0 or one > 1e4 for one in spacing):
        raise wrong("voxel_size", f"has voxels of {' × '.join(f'{one:g}' for one in spacing)}")
    with np.errstate(all="ignore"):
        try:
            affine = np.asarray(header.get_best_affine(), dtype=np.float64)
        except Exception as error:  # nibabel's words for a quaternion that is none are many
            raise wrong("geometry", "tells a geometry that cannot be") from error
    if not np.isfinite(affine).all() or abs(float(np.linalg.det(affine[:3, :3]))) < LEAST_DETERMINANT:
        raise wrong("geometry", "tells a geometry that cannot be: its axes are not finite, or lie in a plane")
