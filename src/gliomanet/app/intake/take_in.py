"""An upload, opened in a worker process: inflated under a limit, looked at, and written anew without its header's words."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import nibabel as nib
import numpy as np

from gliomanet.app.intake.receive import DICOM, IMAGES, MOST_FILES, listed
from gliomanet.errors import CaseError, Problem

MOST_INFLATED = 2 * 2**30
"""Bytes of one file, and of one archive, when unpacked."""

MOST_RATIO = 200
"""Bytes that one compressed byte may become, beyond the first 16 MB; images reach some 20, zeros 1,000."""

_FREE = 16 * 2**20
_CHUNK = 1 << 20
_WORDS = ("descrip", "aux_file", "db_name", "data_type", "intent_name")


@dataclass(frozen=True)
class TakenIn:
    """An upload as `gliomanet.patient.predict.predict` takes it.

    Attributes:
        images: modality → NIfTI file.
        mask: tumour mask.
        dicom: folder of DICOM files.
    """

    images: dict[str, Path]
    mask: Path | None
    dicom: Path | None


def take_in(upload: Path, out: Path) -> TakenIn:
    """Open an upload.

    Args:
        upload: folder that `receive` filled.
        out: folder for the images, made anew.

    Raises:
        CaseError: a file is no image, is damaged, or becomes too large.
    """
    if out.exists():
        shutil.rmtree(out)
    out.mkdir()
    images: dict[str, Path] = {}
    for kind, files in listed(upload).items():
        if kind in IMAGES:
            images[kind] = out / f"{kind}.nii.gz"
            _nifti(files[0], images[kind], kind)
        elif kind == DICOM:
            _dicom(files, out / DICOM)
    mask = images.pop("tumour_mask", None)
    return TakenIn(images, mask, out / DICOM if (out / DICOM).is_dir() else None)


def _nifti(source: Path, target: Path, kind: str) -> None:
    """Write an image anew: its voxels and geometry, and none of the words or extensions of its header."""
    plain = target.with_name(f"{kind}.nii")
    try:
        with source.open("rb") as file, plain.open("xb") as out:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            for chunk in _inflated(file, kind) if packed else iter(lambda: file.read(_CHUNK), b""):
                out.write(chunk)
        image = _checked(plain, kind)
        header = image.header.copy()
        for name in _WORDS:
            if name in header:
                header[name] = b""
        header.extensions.clear()
        values = np.asanyarray(image.dataobj)
        if not np.isfinite(values).any():
            raise _refused("no_finite_voxel", kind, "has no voxel that is a number")
        clean = type(image)(values, image.affine, header)
        if not np.issubdtype(values.dtype, np.integer):
            clean.set_data_dtype(np.float32)
        nib.save(clean, target)
    finally:
        plain.unlink(missing_ok=True)


def _checked(path: Path, kind: str) -> nib.Nifti1Image:
    """The image, whose header was held against its file before a voxel is read."""
    try:
        image = nib.load(path)
    except Exception:  # a damaged header raises whatever nibabel comes upon
        raise _refused("no_nifti", kind, "is no NIfTI file") from None
    if not isinstance(image, nib.Nifti1Image):
        raise _refused("no_nifti", kind, "is no NIfTI file in one piece")
    shape, dtype = image.shape, image.get_data_dtype()
    if len(shape) != 3 or not all(8 <= size <= 1024 for size in shape):
        raise _refused("odd_size", kind, f"has {' × '.join(map(str, shape))} voxels; three axes of 8 to 1024 are taken")
    if dtype.names or dtype.kind not in "iuf":
        raise _refused("odd_datatype", kind, "holds colours or complex numbers")
    wanted = int(np.prod([int(size) for size in shape], dtype=object)) * dtype.itemsize
    begin = int(image.dataobj.offset)
    if begin < 352 or begin + wanted > path.stat().st_size:
        raise _refused("short_file", kind, "is shorter than its header says")
    zooms = np.array(image.header.get_zooms()[:3], float)
    affine = image.affine
    if not (np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) > 1e-6 and (zooms > 0.05).all()):
        raise _refused("odd_geometry", kind, "has a geometry that no scanner makes")
    return image


def _inflated(file: BinaryIO, kind: str) -> Iterator[bytes]:
    """The bytes of a gzip file of any number of members, under the limits."""
    read = made = 0
    engine = zlib.decompressobj(wbits=31)
    while chunk := file.read(_CHUNK):
        read += len(chunk)
        while chunk:
            try:
                out = engine.decompress(chunk, _CHUNK)
            except zlib.error:
                raise _refused("damaged_gzip", kind, "is a damaged gzip file") from None
            made += len(out)
            if made > MOST_INFLATED or made > _FREE + MOST_RATIO * read:
                raise _refused("bomb", kind, "becomes too large when it is unpacked")
            yield out
            chunk = engine.unconsumed_tail
            if engine.eof:
                chunk = engine.unused_data
                engine = zlib.decompressobj(wbits=31)
    if not engine.eof and made == 0:
        raise _refused("damaged_gzip", kind, "is an empty gzip file")


def _dicom(files: list[Path], folder: Path) -> None:
    folder.mkdir()
    if len(files) == 1 and zipfile.is_zipfile(files[0]):
        _unzip(files[0], folder)
        return
    for number, file in enumerate(files):
        with file.open("rb") as source:
            _copy(source, folder / f"{number:05d}.dcm")


def _unzip(archive: Path, folder: Path) -> None:
    """Unpack an archive's files under generated names; whatever its own names are, none is used."""
    total, size = 0, archive.stat().st_size
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [one for one in opened.infolist() if not one.is_dir()]
            if len(members) > MOST_FILES:
                raise _refused("too_many_files", DICOM, f"holds {len(members)} files; at most {MOST_FILES} are taken")
            for number, one in enumerate(members):
                if stat.S_ISLNK(one.external_attr >> 16) or one.flag_bits & 1:
                    raise _refused("odd_member", DICOM, "holds a link or an encrypted file")
                with opened.open(one) as source:
                    total += _copy(
                        source, folder / f"{number:05d}.dcm", min(MOST_INFLATED, _FREE + MOST_RATIO * size) - total
                    )
    except (zipfile.BadZipFile, zlib.error, NotImplementedError):
        raise _refused("damaged_zip", DICOM, "is a damaged archive, or one of a kind that is not read") from None


def _copy(source: object, target: Path, most: int = MOST_INFLATED) -> int:
    """Copy a DICOM file with its preamble blanked, which may hide a program; any other file is left out."""
    read = source.read  # type: ignore[attr-defined]
    head = read(132)
    if head[128:132] != b"DICM":
        return 0
    count = 132
    with target.open("xb") as out:
        out.write(bytes(128) + b"DICM")
        while chunk := read(_CHUNK):
            count += len(chunk)
            if count > most:
                raise _refused("bomb", DICOM, "becomes too large when it is unpacked")
            out.write(chunk)
    return count


def _refused(rule: str, kind: str, found: str) -> CaseError:
    return CaseError(Problem(found, "send another file", image=kind, rule=rule))
