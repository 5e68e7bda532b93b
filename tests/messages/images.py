"""Image files with a defect: how each is written, and the rule of the problem that reading it finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np

from gliomanet.imaging.volume import Grid

SHAPE = (10, 12, 14)
AFFINE = np.diag([3.0, 3.0, 4.0, 1.0])
GRIDS = {"t1c": Grid(SHAPE, AFFINE), "t2": Grid((8, 8, 8), AFFINE)}


def image(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(SHAPE).astype(np.float32)


def write(path: Path, array: np.ndarray, affine: np.ndarray = AFFINE) -> Path:
    nib.save(nib.Nifti1Image(array, affine), path)
    return path


def write_with_sform(path: Path, affine: np.ndarray) -> Path:
    """A file with an affine that nibabel itself would refuse to write."""
    header = nib.Nifti1Image(image(), AFFINE).header.copy()
    header.set_qform(AFFINE, code=0)
    header["sform_code"] = 1
    for row, name in enumerate(("srow_x", "srow_y", "srow_z")):
        header[name] = affine[row]
    header["vox_offset"] = 352
    path.write_bytes(header.binaryblock + bytes(4) + image().tobytes(order="F"))
    return path


def with_voxel(array: np.ndarray, value: float) -> np.ndarray:
    array[2, 3, 4] = value
    return array


def _flipped_checksum(path: Path) -> Path:
    """A flipped bit in the stored checksum, which comes after all voxels."""
    write(path, image())
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)
    return path


def _shifted(path: Path) -> Path:
    affine = AFFINE.copy()
    affine[0, 3] = 5
    return write(path, np.ones(SHAPE, np.uint8), affine)


def _text(path: Path) -> Path:
    path.write_text("not an image")
    return path


GANTRY = np.array([[3, 0.3, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1.0]])
Writer = Callable[[Path], Path]

MODALITIES: dict[str, tuple[Writer, str]] = {
    "absent": (lambda path: path, "missing_file"),
    "text": (_text, "unreadable_file"),
    "flipped checksum": (_flipped_checksum, "unreadable_file"),
    "NaN": (lambda path: write(path, with_voxel(image(), np.nan)), "not_finite"),
    "infinite": (lambda path: write(path, with_voxel(image(), np.inf)), "not_finite"),
    "four axes": (lambda path: write(path, np.stack([image()] * 3, -1)), "not_three_dimensional"),
    "a slice": (lambda path: write(path, image()[:, :, 0]), "not_three_dimensional"),
    "thin": (lambda path: write(path, image()[:, :, :4]), "too_few_voxels"),
    "complex": (lambda path: write(path, image().astype(np.complex64)), "voxel_type"),
    "constant": (lambda path: write(path, np.full(SHAPE, 7, np.int16)), "constant_image"),
    "negative": (lambda path: write(path, -1 - image()), "no_signal"),
    "mask": (lambda path: write(path, (image() > 0.5).astype(np.uint8)), "mask_in_place_of_image"),
    "flat": (lambda path: write_with_sform(path.with_suffix(""), np.diag([3, 3, 0, 1.0])), "affine_not_invertible"),
    "centimetres": (lambda path: write_with_sform(path.with_suffix(""), np.diag([30, 3, 3, 1.0])), "absurd_spacing"),
    "tilted gantry": (lambda path: write_with_sform(path.with_suffix(""), GANTRY), "skewed_axes"),
}
"""Files in the place of a modality."""

MASKS: dict[str, tuple[Writer, str]] = {
    "an image": (lambda path: write(path, image() * 3), "image_in_place_of_mask"),
    "negative": (lambda path: write(path, with_voxel(np.zeros(SHAPE, np.int16), -1)), "image_in_place_of_mask"),
    "large": (lambda path: write(path, with_voxel(np.zeros(SHAPE, np.int16), 300)), "image_in_place_of_mask"),
    "another size": (lambda path: write(path, np.ones((9, 12, 14), np.uint8)), "mask_on_a_foreign_grid"),
    "another place": (_shifted, "mask_on_a_foreign_grid"),
}
"""Files in the place of a tumour mask of a case whose modalities lie on `GRIDS`."""
