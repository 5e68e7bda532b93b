"""NIfTI files whose header says what a test wants it to say, written past nibabel's own checks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

SHAPE = (12, 14, 10)
AFFINE = np.diag([4.0, 4, 4, 1])
AFFINE[:3, 3] = [-22, -26, -18]
"""RAS, with the middle of the image at 0: mirrored, it is the same box."""

MIRRORED = AFFINE.copy()
MIRRORED[0] *= -1
ASIDE = AFFINE.copy()
ASIDE[0, 3] = -40
ASIDE_MIRRORED = ASIDE.copy()
ASIDE_MIRRORED[0] *= -1


def image(seed: int = 0) -> np.ndarray:
    """Noise in a box of air, with a bright mark at the start of the first axis."""
    array = np.zeros(SHAPE, np.int16)
    array[1:-1, 1:-1, 1:-1] = np.random.default_rng(seed).integers(300, 600, (10, 12, 8))
    array[2:4, 3:7, 3:6] += 300
    return array


def mark() -> np.ndarray:
    """The mark of `image`, as a mask."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[2:4, 3:7, 3:6] = 1
    return mask


def content(
    array: np.ndarray,
    sform: tuple[np.ndarray, int] = (AFFINE, 1),
    qform: tuple[np.ndarray, int] = (AFFINE, 1),
    fields: Mapping[Any, Any] | None = None,
) -> bytes:
    """Bytes of an uncompressed NIfTI-1 file; `fields`: name, or name and index → value, set last."""
    made = nib.Nifti1Image(array, AFFINE)
    made.set_sform(*sform, update_affine=False)
    made.set_qform(*qform, update_affine=False)
    header = made.header
    header["vox_offset"], header["scl_slope"], header["scl_inter"], header["magic"] = 352, 1, 0, b"n+1"
    for name, value in (fields or {}).items():
        if isinstance(name, tuple):
            header[name[0]][name[1]] = value
        else:
            header[name] = value
    return header.binaryblock + bytes(4) + array.tobytes(order="F")


def write(path: Path, array: np.ndarray, **header: Any) -> Path:
    path.write_bytes(content(array, **header))
    return path
