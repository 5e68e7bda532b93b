"""Image files with a defect: how each is written, and the rule of the problem that reading it finds."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np

from gliomanet.imaging.volume import Grid
from tests.imaging import headers

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


def write_bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _link(path: Path, target: str) -> Path:
    path.symlink_to(target)
    return path


def _changed_header(path: Path, **fields: object) -> Path:
    """A plain file with fields of its header changed past nibabel's checks."""
    header = nib.Nifti1Image(image(), AFFINE).header.copy()
    header["vox_offset"], header["scl_slope"], header["scl_inter"] = 352, 1, 0
    header["sform_code"], header["qform_code"] = 0, 1
    header["qoffset_x"] = header["quatern_b"] = header["quatern_c"] = header["quatern_d"] = 0
    for name, value in fields.items():
        header[name] = value
    return write_bytes(path, header.binaryblock + bytes(4) + image().tobytes(order="F"))


def _wrapped(path: Path) -> Path:
    ramp = np.linspace(1000, 60_000, SHAPE[0])[:, None, None] + 1000 * image()
    return write(path, ramp.astype(np.uint16).view(np.int16))


def _inverted(path: Path) -> Path:
    array = image()
    array[[0, -1]] = array[:, [0, -1]] = array[:, :, [0, -1]] = 2
    return write(path, array)


def _ct(path: Path) -> Path:
    array = (image() * 80).astype(np.int16)
    array[[0, -1]] = array[:, [0, -1]] = array[:, :, [0, -1]] = -1000
    return write(path, array)


def write_mark(path: Path, codes: str) -> Path:
    """The mark of `headers.image` as a mask, stored in this order of axes."""
    start, end = nib.io_orientation(headers.AFFINE), nib.orientations.axcodes2ornt(codes)
    turned = nib.Nifti1Image(headers.mark(), headers.AFFINE).as_reoriented(nib.orientations.ornt_transform(start, end))
    nib.save(turned, path)
    return path


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
    "cut off": (
        lambda path: write_bytes(path, write(path, image()).read_bytes()[:900]),
        "unreadable_file",
    ),
    "web page": (lambda path: write_bytes(path, b"<!DOCTYPE html><title>Login</title>"), "unreadable_file"),
    "pointer": (lambda path: write_bytes(path, b"version https://git-lfs.github.com/spec/v1"), "content_not_fetched"),
    "NRRD": (lambda path: write_bytes(path, b"NRRD0004\n" * 99), "unreadable_file"),
    "empty": (lambda path: write_bytes(path, b""), "unreadable_file"),
    "broken link": (lambda path: _link(path, "gone.nii.gz"), "missing_file"),
    "link into an annex": (lambda path: _link(path, ".git/annex/objects/a/b"), "content_not_fetched"),
    "huge": (lambda path: _changed_header(path, dim=[3, 30000, 30000, 30000, 1, 1, 1, 1]), "unreadable_file"),
    "fewer voxels": (lambda path: _changed_header(path, dim=[3, 10, 12, 8, 1, 1, 1, 1]), "unreadable_file"),
    "handedness": (lambda path: _changed_header(path, pixdim=[0.5, 3, 3, 4, 1, 1, 1, 1]), "affine_not_invertible"),
    "wrapped": (_wrapped, "wrapped_integers"),
    "inverted": (_inverted, "inverted_image"),
    "CT": (_ct, "ct_image"),
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

_FLAT = headers.image().astype(np.float32)
NOTED: dict[str, Writer] = {
    "forms disagree": lambda path: headers.write(
        path, headers.image(), sform=(headers.AFFINE, 2), qform=(headers.MIRRORED, 1)
    ),
    "scanner forms disagree": lambda path: headers.write(path, headers.image(), qform=(headers.MIRRORED, 1)),
    "no orientation": lambda path: headers.write(
        path, headers.image(), sform=(headers.AFFINE, 0), qform=(headers.AFFINE, 0)
    ),
    "one form unusable": lambda path: headers.write(path, headers.image(), fields={("pixdim", 2): 0}),
    "voxel sizes disagree": lambda path: headers.write(
        path, headers.image(), qform=(headers.AFFINE, 0), fields={("pixdim", 1): 2}
    ),
    "false unit": lambda path: headers.write(path, headers.image(), fields={"xyzt_units": 1}),
    "garbage after": lambda path: write_bytes(path, gzip.compress(headers.content(headers.image()), mtime=0) + b"x"),
    "packed twice": lambda path: write_bytes(
        path, gzip.compress(gzip.compress(headers.content(headers.image()), mtime=0), mtime=0)
    ),
    "infinite scaling": lambda path: headers.write(path, headers.image(), fields={"scl_slope": np.inf}),
    "stray voxel": lambda path: headers.write(path, with_voxel(_FLAT.copy(), 1e6)),
    "cut grey values": lambda path: headers.write(path, np.minimum(headers.image(), 500)),
    "lost slice": lambda path: headers.write(path, np.where(np.indices(headers.SHAPE)[2] == 5, 0, headers.image())),
}
"""Files in the place of a modality that are read, with a word."""

MASKS: dict[str, tuple[Writer, str]] = {
    "an image": (lambda path: write(path, image() * 3), "image_in_place_of_mask"),
    "negative": (lambda path: write(path, with_voxel(np.zeros(SHAPE, np.int16), -1)), "image_in_place_of_mask"),
    "large": (lambda path: write(path, with_voxel(np.zeros(SHAPE, np.int16), 300)), "image_in_place_of_mask"),
    "another size": (lambda path: write(path, np.ones((9, 12, 14), np.uint8)), "mask_on_a_foreign_grid"),
    "another place": (_shifted, "mask_on_a_foreign_grid"),
}
"""Files in the place of a tumour mask of a case whose modalities lie on `GRIDS`."""
