"""Files that come out byte-identical whenever their content is: NIfTI without a clock, JSON in a fixed order."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy.typing as npt

_DATA_OFFSET = 352
"""Of a NIfTI file without extensions."""

_GZIP = 16
"""zlib's flag for a gzip header, which it writes without a time and a name."""

_SLAB = 8


def write_nifti(array: npt.NDArray[Any], affine: npt.NDArray[Any], path: Path) -> None:
    """Write a `.nii.gz` in scanner coordinates, in mm, with neither time stamp nor file name inside.

    Args:
        array: (X, Y, Z) voxels.
        affine: (4, 4), voxel indices → RAS mm.
        path: the file; it appears only when it is whole.
    """
    image: Any = nib.Nifti1Image(array, affine)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=2)
    image.set_qform(affine, code=2)
    partial = path.with_name(path.name + ".partial")
    image.header.set_data_offset(_DATA_OFFSET)
    image.header.set_slope_inter(1, 0)
    header = image.header.binaryblock.ljust(_DATA_OFFSET, b"\0")
    packing = zlib.compressobj(1, wbits=zlib.MAX_WBITS | _GZIP)
    with partial.open("wb") as raw:
        raw.write(packing.compress(header))
        # The file's first axis runs fastest: turned a slab at a time, which fits the processor's cache.
        for index in range(0, array.shape[2], _SLAB):
            raw.write(packing.compress(array[:, :, index : index + _SLAB].tobytes(order="F")))
        raw.write(packing.flush())
    partial.replace(path)  # a reader never sees half a file


def write_json(values: Mapping[str, Any], path: Path) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    partial.replace(path)
