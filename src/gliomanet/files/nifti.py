"""The one writer of NIfTI files, and their reader: equal voxels and geometry are equal bytes, without clock or name."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy.typing as npt
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from gliomanet.files.atomic import open_atomically
from gliomanet.files.reading_back import UNREADABLE, content_of, damaged, in_words

_DATA_OFFSET = 352
"""Of a NIfTI file without extensions."""

_GZIP = 16
"""zlib's flag for a gzip header, which it writes without a time and a name."""

_SLAB = 8

ALIGNED = 2
"""NIfTI's code of coordinates aligned to another image,"""

SCANNER = 1
"""and of the scanner's own."""


def write_nifti(
    array: npt.NDArray[Any],
    affine: npt.NDArray[Any],
    path: Path,
    *,
    sform_code: int = ALIGNED,
    qform_code: int = ALIGNED,
) -> None:
    """Write a `.nii.gz` in mm, atomically.

    Args:
        array: (X, Y, Z) voxels.
        affine: (4, 4), voxel indices → RAS mm.
        path: the file.
        sform_code: NIfTI's code of the space that the affine leads to, in its sform,
        qform_code: and in its qform.
    """
    image: Any = nib.Nifti1Image(array, affine)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=sform_code)
    image.set_qform(affine, code=qform_code)
    image.header.set_data_offset(_DATA_OFFSET)
    image.header.set_slope_inter(1, 0)
    header = image.header.binaryblock.ljust(_DATA_OFFSET, b"\0")
    packing = zlib.compressobj(1, wbits=zlib.MAX_WBITS | _GZIP)
    with open_atomically(path) as raw:
        raw.write(packing.compress(header))
        # The file's first axis runs fastest: turned a slab at a time, which fits the processor's cache.
        for index in range(0, array.shape[2], _SLAB):
            raw.write(packing.compress(array[:, :, index : index + _SLAB].tobytes(order="F")))
        raw.write(packing.flush())


def read_written_nifti(path: Path, *, delete: Path | None = None) -> Any:
    """A `.nii.gz` of `write_nifti` as nibabel's image, in memory; unlike nibabel's own reader, by its checksum.

    Raises:
        ProblemError: it is missing or damaged.
    """
    content = content_of(path, delete=delete)
    try:
        return nib.Nifti1Image.from_bytes(gzip.decompress(content))
    except (*UNREADABLE, ImageFileError, WrapStructError, HeaderDataError) as error:
        raise damaged(path, in_words(error), delete=delete) from error
