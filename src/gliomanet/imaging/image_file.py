"""An image file in memory: voxels as stored, and every place that its header gives them.

The kind of a file is known by its content (NIfTI-1 and -2 in one file or as a pair, MGH; each compressed or not), so
that a name in capitals, or one that says `.gz` of a plain file, changes nothing.
"""

from __future__ import annotations

import math
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from gliomanet.errors import CaseError
from gliomanet.files.image_pairs import other_half
from gliomanet.files.storage import StorageError, raise_if_of_the_machine
from gliomanet.imaging.file_notes import Defect, Note
from gliomanet.imaging.header_readings import Readings, mgh_readings, nifti_readings
from gliomanet.imaging.unpacking import DamagedError, unpack
from gliomanet.imaging.volume import Array

_AGAIN = "copy or export it again"
_CONVERT = "convert it to NIfTI"
_POINTERS = (
    (b"version https://git-lfs", "a Git LFS pointer: the image itself was never fetched", "fetch it: git lfs pull"),
    (b"/annex/objects/", "a git-annex pointer: the image itself was never fetched", "fetch it: git annex get"),
)
_OTHERS = (
    (0, b"NRRD", "an NRRD file", _CONVERT),
    (0, b"ObjectType", "a MetaImage header", _CONVERT),
    (0, b"NDims", "a MetaImage header", _CONVERT),
    (0, b"\x89HDF", "an HDF5 or MINC file", _CONVERT),
    (0, b"CDF", "a MINC file", _CONVERT),
    (128, b"DICM", "a DICOM file", "name its folder in a centre whose source is dicom, or convert it to NIfTI"),
    (0, b"\x28\xb5\x2f\xfd", "compressed with zstandard", "unpack it: zstd -d"),
    (0, b"\x04\x22\x4d\x18", "compressed with LZ4", "unpack it: lz4 -d"),
    (0, b"\x1f\x9d", "compressed with compress", "unpack it: uncompress"),
    (0, b"PK\x03\x04", "a ZIP archive", "unpack it"),
    (0, b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (0, b"Rar!", "a RAR archive", "unpack it"),
    (257, b"ustar", "a TAR archive", "unpack it"),
    (0, b"\x89PNG", "a PNG picture", "name the scan's own file"),
    (0, b"\xff\xd8\xff", "a JPEG picture", "name the scan's own file"),
    (0, b"II*\0", "a TIFF picture", "name the scan's own file"),
    (0, b"%PDF", "a PDF document", "name the scan's own file"),
)
_MGH_HEADER = 284
_MGH_PLACED = 28
"""Of its flag that axes and place are given."""

_NIFTI1, _NIFTI2 = 348, 540


@dataclass(frozen=True)
class ImageFile:
    """Content of a file.

    Attributes:
        array: (x, y, z) voxels, scaled as the header says, in the file's own order.
        stored: type of the stored voxels.
        slope: of that scaling, 1 where there is none,
        inter: and its intercept.
        readings: where the voxels lie.
        notes: on the file, without those of the readings.
    """

    array: Array
    stored: np.dtype[Any]
    slope: float
    inter: float
    readings: Readings
    notes: tuple[Note, ...]


def load_image(path: Path, defect: Defect) -> ImageFile:
    """Read a file.

    Raises:
        CaseError: missing, not readable, damaged, of another kind, or not one 3-D volume of real numbers.
        StorageError: the disk or the network share failed, which says nothing of the file.
    """
    try:
        return _load(path, defect)
    except (CaseError, StorageError):
        raise
    except Exception as error:  # nibabel fails at a damaged header in many ways
        raise defect(f"cannot be read as NIfTI: {error}", _AGAIN, "unreadable_file") from error


def _load(path: Path, defect: Defect) -> ImageFile:
    content, notes = _unpacked(_content(path, defect), defect)
    if content[:4] == b"\0\0\0\1" and len(content) >= _MGH_HEADER:
        return _mgh(content, notes, defect)
    kind = _nifti_kind(content)
    voxels = content
    if kind is None and path.name.lower().endswith((".img", ".img.gz")):
        voxels, content = content, _partner(path, ".hdr", defect, notes)
        kind = _nifti_kind(content)
    elif kind is not None and kind[1]:
        voxels = _partner(path, ".img", defect, notes)
    if kind is None:
        raise _of_another_kind(content, defect)
    return _nifti(content, voxels, kind[0], notes, defect)


def _content(path: Path, defect: Defect) -> bytes:
    """The file's bytes."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise defect("is a folder", "name the image file in it", "missing_file")
        if not stat.S_ISREG(status.st_mode):
            raise defect("is no regular file", "name the image's own file", "missing_file")
        return path.read_bytes()
    except CaseError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        if path.is_symlink():
            target = str(path.readlink())
            if "annex/objects" in target:
                found, action = "is a git-annex link whose content was never fetched", "fetch it: git annex get"
                raise defect(found, action, "content_not_fetched") from error
            action = "mend the link, or leave the cell empty"
            raise defect(f"is a link to {target}, which does not exist", action, "missing_file") from error
        action = "correct the path in the case table, or leave the cell empty"
        raise defect("does not exist", action, "missing_file") from error
    except PermissionError as error:
        action = "give the account that runs the study the right to read it"
        raise defect("may not be read: permission denied", action, "unreadable_file") from error
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            raise_if_of_the_machine(error, path)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise defect(f"cannot be read: {reason}", "look at the disk and the path", "unreadable_file") from error


def _unpacked(content: bytes, defect: Defect) -> tuple[bytes, list[Note]]:
    notes = []
    if not content:
        raise defect("is empty: 0 bytes", _AGAIN, "unreadable_file")
    try:
        unpacked = unpack(content)
    except DamagedError as error:
        raise defect(str(error), _AGAIN, "unreadable_file") from error
    if len(unpacked.layers) > 1:
        text = f"{defect.name}: compressed {len(unpacked.layers)} times ({', '.join(unpacked.layers)})"
        notes.append(Note("compressed_twice", text))
    if unpacked.trailing:
        text = (
            f"{defect.name}: bytes after the end of the compressed data: {unpacked.trailing}; they are left out, and "
            "the checksum of what comes before them holds"
        )
        action = "copy the file again and compare: something was appended to it"
        notes.append(Note("bytes_after_the_end", text, "warning", action))
    return unpacked.content, notes


def _partner(path: Path, suffix: str, defect: Defect, notes: list[Note]) -> bytes:
    """Content of the other file of a pair `.hdr` and `.img`."""
    other = other_half(path)
    if other is None:
        found = f"is one file of a pair .hdr and .img, and the {suffix} beside it is missing"
        raise defect(found, "put both there, or convert them to one NIfTI file", "missing_file")
    content, more = _unpacked(_content(other, Defect(other, defect.case_id, defect.name)), defect)
    notes += more
    return content


def _nifti_kind(content: bytes) -> tuple[Any, bool] | None:
    """Header class of a NIfTI file, and True where the voxels lie in another file; `None` for other content."""
    for size, at, header in ((_NIFTI1, 344, nib.Nifti1Header), (_NIFTI2, 4, nib.Nifti2Header)):
        magic = content[at : at + 3]
        number = str(1 if size == _NIFTI1 else 2).encode()
        if len(content) >= size and magic in (b"n+" + number, b"ni" + number):
            return header, magic.startswith(b"ni")
    return None


def _of_another_kind(content: bytes, defect: Defect) -> CaseError:
    for mark, what, action in _POINTERS:
        if mark in content[:200]:
            return defect(f"is {what}", action, "content_not_fetched")
    for at, mark, what, action in _OTHERS:
        if content[at : at + len(mark)] == mark:
            return defect(f"cannot be read as NIfTI: it is {what}", action, "unreadable_file")
    start = content[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        found = "cannot be read as NIfTI: it is a web page or XML: a download that failed?"
        return defect(found, "download it again", "unreadable_file")
    if len(content) < _NIFTI1:
        found = f"cannot be read as NIfTI: {len(content)} bytes are less than its header"
        return defect(found, _AGAIN, "unreadable_file")
    if _NIFTI1 in (int.from_bytes(content[:4], order) for order in ("little", "big")):
        found = "is in Analyze format, which does not say where left and right are"
        action = "export it again as NIfTI from its source"
        return defect(found, action, "unreadable_file")
    return defect("cannot be read as NIfTI: it has no NIfTI header", _AGAIN, "unreadable_file")


def _nifti(content: bytes, voxels: bytes, kind: Any, notes: list[Note], defect: Defect) -> ImageFile:
    raw = kind(binaryblock=content[: kind.template_dtype.itemsize], check=False)
    header = kind.from_fileobj(BytesIO(content), check=True)
    shape, stored = _checked_shape(header, raw, defect)
    offset = int(header.get_data_offset())
    if voxels is content and offset < kind.template_dtype.itemsize:
        # No offset at all is written by some programs; the voxels then follow header and an empty extension.
        offset = kind.template_dtype.itemsize + 4
        header["vox_offset"] = offset
    notes += _notes_of_length(voxels, offset, shape, stored, defect)
    if np.isinf(raw["scl_slope"]):
        action = "look whether its intensities are scaled as those of other files"
        notes.append(
            Note("scaling_ignored", f"{defect.name}: scaling factor inf in the header left out", "warning", action)
        )
    array = np.asarray(nib.arrayproxy.ArrayProxy(BytesIO(voxels), header))  # type: ignore[no-untyped-call]
    slope, inter = header.get_slope_inter()
    shape3 = shape[:3]
    readings = nifti_readings(raw, shape3, defect)
    return ImageFile(
        array.reshape(shape3),
        stored,
        1.0 if slope is None else float(slope),
        0.0 if inter is None else float(inter),
        readings,
        (*notes, *_notes_of_axes(shape, defect)),
    )


def _mgh(content: bytes, notes: list[Note], defect: Defect) -> ImageFile:
    header: Any = nib.freesurfer.mghformat.MGHHeader.from_fileobj(BytesIO(content))  # type: ignore[no-untyped-call]
    shape, stored = _checked_shape(header, None, defect)
    size = _bytes_of(shape, stored)
    if len(content) < _MGH_HEADER + size:
        raise _cut_off(len(content) - _MGH_HEADER, size, defect)
    array = np.asarray(nib.MGHImage.from_bytes(content).dataobj).reshape(shape[:3])
    # nibabel fills the axes in where the flag says that there are none.
    placed = any(content[_MGH_PLACED : _MGH_PLACED + 2])
    readings = mgh_readings(np.asarray(header.get_affine(), np.float64), placed, defect)
    return ImageFile(array, stored, 1.0, 0.0, readings, (*notes, *_notes_of_axes(shape, defect)))


def _checked_shape(header: Any, raw: Any, defect: Defect) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the stored voxels, before a byte of them is read."""
    shape = tuple(int(n) for n in header.get_data_shape())
    kept = shape
    while len(kept) > 3 and kept[-1] == 1:
        kept = kept[:-1]
    if len(kept) != 3 or min(kept, default=0) < 1:
        action = "one 3-D volume is allowed: split the series, name one file"
        raise defect(f"has shape {times(shape) or '(none)'}", action, "not_three_dimensional")
    stored = np.dtype(header.get_data_dtype())
    if stored.kind not in "iuf":
        raise defect(f"holds voxels of type {_type_name(stored)}", "real numbers are allowed", "voxel_type")
    if raw is not None and int(raw["bitpix"]) not in (0, stored.itemsize * 8):
        found = f"contradicts itself: voxels of type {stored} and of {int(raw['bitpix'])} bits"
        raise defect(found, _AGAIN, "unreadable_file")
    return shape, stored


def _notes_of_length(
    voxels: bytes, offset: int, shape: tuple[int, ...], stored: np.dtype[Any], defect: Defect
) -> Iterator[Note]:
    size = _bytes_of(shape, stored)
    if len(voxels) - offset < size:
        raise _cut_off(max(0, len(voxels) - offset), size, defect)
    after = len(voxels) - offset - size
    if not after or not np.frombuffer(voxels, np.uint8, offset=offset + size).any():
        return
    slice_bytes = shape[0] * shape[1] * stored.itemsize
    if after >= slice_bytes:
        found = f"holds {after} bytes more than the {times(shape)} voxels of its header"
        raise defect(found, "export it again: the header's size is not that of the image", "unreadable_file")
    text = f"{defect.name}: bytes after the voxels: {after}; they are left out"
    yield Note("bytes_after_the_end", text, "warning", "copy the file again and compare: something was appended to it")


def _bytes_of(shape: tuple[int, ...], stored: np.dtype[Any]) -> int:
    """Bytes of the voxels, whatever sizes a header names."""
    return math.prod(shape) * stored.itemsize


def _cut_off(held: int, size: int, defect: Defect) -> CaseError:
    found = f"is cut off: its header announces {size} bytes of voxels, and it holds {held}"
    return defect(found, _AGAIN, "unreadable_file")


def _notes_of_axes(shape: tuple[int, ...], defect: Defect) -> Iterator[Note]:
    if len(shape) > 3:
        yield Note("four_dimensional", f"{defect.name}: {times(shape)} squeezed to three axes")


def _type_name(stored: np.dtype[Any]) -> str:
    return "RGB colours" if stored.names else str(stored)


def times(shape: tuple[int, ...]) -> str:
    """A shape in words: `240 x 240 x 155`."""
    return " x ".join(str(n) for n in shape)
