"""Files that come out byte-identical whenever their content is: NIfTI without a clock, JSON in a fixed order."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel as nib

from gliomanet.imaging.volume import Volume


def write_nifti(volume: Volume, path: Path) -> None:
    """A `.nii.gz` in scanner coordinates, in mm, with neither time stamp nor file name inside."""
    image: Any = nib.Nifti1Image(volume.array, volume.grid.affine)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")
    image.set_sform(volume.grid.affine, code=2)
    image.set_qform(volume.grid.affine, code=2)
    partial = path.with_name(path.name + ".partial")
    with (
        partial.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) as packed,
    ):
        packed.write(image.to_bytes())
    partial.replace(path)  # a reader never sees half a file


def write_json(values: Mapping[str, Any], path: Path) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    partial.replace(path)
