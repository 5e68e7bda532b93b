"""Reading one case's NIfTI files, with every defect named for the person who can mend it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import nibabel as nib
import numpy as np

from gliomanet.errors import CaseError, Problem
from gliomanet.imaging.volume import Array, Grid, Volume

_SMALLEST_AXIS = 8
_SPACING_MM = (0.2, 15.0)
_FEWEST_VALUES = 12
_MOST_LIKE_LABELS = 10


class Note(NamedTuple):
    """Something that reading changed, by the name of the audit's rule for it."""

    rule: str
    text: str


@dataclass(frozen=True)
class Modality:
    """One modality as read: in RAS+ order, its background moved to 0."""

    volume: Volume
    file_grid: Grid
    orientation: str
    background: float
    notes: tuple[Note, ...]


def read_modality(path: Path, case_id: str, name: str) -> Modality:
    """A modality, checked and in canonical orientation.

    A background that is not 0 (images z-scored by somebody else) is recognised as the value that most of the image's
    outer faces share, and subtracted: the raw signal's 0 is then 0 again, up to scale.

    Raises:
        CaseError: missing, unreadable, not one 3-D image, not finite, constant, or a mask in the place of an image.
    """
    defect = _Defect(path, case_id, name)
    volume, image, notes = _read(path, defect)
    x, y, z = (max(1, count // 32) for count in volume.array.shape)
    values = np.unique(volume.array[::x, ::y, ::z])
    if values.size < _FEWEST_VALUES:
        values = np.unique(volume.array)
    if values.size == 1:
        found = f"holds {values[0]:g} in every voxel: an image without a brain"
        raise defect(found, "export it again or leave the cell empty", "constant_image")
    if values.size < _FEWEST_VALUES:
        found = (
            f"holds only {values.size} different values ({', '.join(f'{v:g}' for v in values)}): a mask in the place "
            "of an image?"
        )
        raise defect(found, "Put the image's file there", "mask_in_place_of_image")
    background = background_value(volume.array)
    if background != 0:
        volume = volume.with_array(volume.array - np.float32(background))
        notes.append(Note("background_not_zero", f"{name}: background {background:.6g} moved to 0"))
    if not (volume.array > 0).any():
        found = f"holds no voxel above its background of {background:.6g}: an image without a brain"
        raise defect(found, "export it again or leave the cell empty", "no_signal")
    orientation = "".join(nib.aff2axcodes(image.affine))  # type: ignore[no-untyped-call]
    return Modality(volume, _grid(image), orientation, background, tuple(notes))


def read_mask(path: Path, case_id: str, name: str, grids: Mapping[str, Grid]) -> tuple[Volume, str]:
    """A mask's integer codes (uint8, RAS+), and the modality on whose grid it lies.

    Args:
        path: the mask's file; integers, or floats that hold integers (to 0.001).
        case_id: named in errors.
        name: `tumour_mask` or `brain_mask`, named in errors.
        grids: modality → grid in RAS+; where several match, the first is taken.

    Raises:
        CaseError: unreadable, values that are no codes, or a grid that no modality has.
    """
    defect = _Defect(path, case_id, name)
    volume, _, _ = _read(path, defect)
    codes = np.rint(volume.array)
    worst = float(np.abs(volume.array - codes).max())
    if worst > 1e-3 or codes.min() < 0 or codes.max() > 255:
        least, most = float(volume.array.min()), float(volume.array.max())
        found = f"holds values between {least:g} and {most:g} that are no integer codes up to 255"
        if least >= 0 and most <= _MOST_LIKE_LABELS:
            found += ": labels that were interpolated or scaled, or an image in the place of a mask?"
            action = "Resample the original mask by nearest neighbour, or name the mask's file"
        else:
            found, action = f"{found}: an image in the place of a mask?", "Put the mask's file there"
        raise defect(found, action, "image_in_place_of_mask")
    for modality, grid in grids.items():
        if grid.matches(volume.grid, tolerance_mm=0.5 * min(grid.spacing)):
            return Volume(codes.astype(np.uint8), grid), modality
    others = "; ".join(f"{modality} {_describe(grid)}" for modality, grid in grids.items())
    found = f"lies on a grid of {_describe(volume.grid)}, which no modality of the case has ({others})"
    raise defect(found, "draw or resample it on the grid of one of them", "mask_on_a_foreign_grid")


def background_value(array: Array) -> float:
    """The value that most voxels of the outer faces of `array` (x, y, z) share, or 0 where none is shared by half."""
    faces = border(array)
    values, counts = np.unique(faces, return_counts=True)
    common = int(counts.argmax())
    return float(values[common]) if counts[common] > 0.5 * faces.size else 0.0


def border(array: Array) -> Array:
    """The voxels of the six outer faces of `array` (x, y, z), in one axis; edges are met more than once."""
    faces = [np.take(array, index, axis).ravel() for axis in range(3) for index in (0, -1)]
    return np.concatenate(faces)


@dataclass(frozen=True)
class _Defect:
    """Makes the error of one image file."""

    path: Path
    case_id: str
    name: str

    def __call__(self, found: str, action: str, rule: str) -> CaseError:
        return CaseError(Problem(found, action, image=self.name, file=str(self.path), case=self.case_id, rule=rule))


def _read(path: Path, defect: _Defect) -> tuple[Volume, Any, list[Note]]:
    if not path.is_file():
        action = "correct the path in the case table, or leave the cell empty"
        raise defect("does not exist", action, "missing_file")
    name = defect.name
    notes: list[Note] = []
    try:
        image: Any = _load(path)
        shape = image.shape
        while len(shape) > 3 and shape[-1] == 1:
            shape = shape[:-1]
        if len(shape) != 3:
            action = "one 3-D volume is allowed: split the series, name one file"
            raise defect(f"has shape {_times(image.shape)}", action, "not_three_dimensional")
        array = np.asarray(image.dataobj).reshape(shape)
    except CaseError:
        raise
    except (
        nib.filebasedimages.ImageFileError,
        nib.spatialimages.HeaderDataError,
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        OverflowError,
        MemoryError,
    ) as error:
        raise defect(f"cannot be read as NIfTI: {error}", "copy or export it again", "unreadable_file") from error
    if len(image.shape) > 3:
        notes.append(Note("four_dimensional", f"{name}: {_times(image.shape)} squeezed to three axes"))
    if array.dtype.kind not in "iuf":
        raise defect(f"holds voxels of type {array.dtype}", "real numbers are allowed", "voxel_type")
    if min(shape) < _SMALLEST_AXIS:
        action = f"at least {_SMALLEST_AXIS} voxels per axis are needed"
        raise defect(f"has shape {_times(shape)}", action, "too_few_voxels")
    _check_affine(np.asarray(image.affine), defect)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        action = "export it again, or fill them knowingly"
        raise defect(f"holds {count} voxels that are NaN or infinite", action, "not_finite")
    if array.dtype == np.float64:
        notes.append(Note("float64", f"{name}: float64 read as float32"))
    turn: Any = nib.orientations.io_orientation(image.affine)  # type: ignore[no-untyped-call]
    turned: Array = nib.orientations.apply_orientation(array, turn)  # type: ignore[no-untyped-call]
    affine = image.affine @ nib.orientations.inv_ornt_aff(turn, shape)  # type: ignore[no-untyped-call]
    return Volume.of(_in_memory(turned), affine), image, notes


def _in_memory(array: Array) -> Array:
    """float32 in C order, turned a slab at a time: each fits the processor's cache, which the whole does not."""
    ordered = np.empty(array.shape, np.float32)
    for index in range(array.shape[1]):
        ordered[:, index] = array[:, index]
    return ordered


def _load(path: Path) -> Any:
    """The image; a compressed one is unpacked to its end, where its checksum is.

    nibabel stops before the checksum, and a flipped bit goes unseen.
    """
    if path.suffix != ".gz":
        return nib.load(path)
    content = gzip.decompress(path.read_bytes())
    for kind in (nib.Nifti1Image, nib.Nifti2Image):
        if int(kind.header_class.sizeof_hdr) in (int.from_bytes(content[:4], order) for order in ("little", "big")):
            return kind.from_bytes(content)
    return nib.load(path)  # another format, or none: nibabel says which


def _check_affine(affine: Array, defect: _Defect) -> None:
    axes = affine[:3, :3]
    if not np.isfinite(affine).all() or abs(np.linalg.det(axes)) < 1e-6:
        found = f"has an affine that cannot be inverted ({np.round(affine, 3).tolist()})"
        raise defect(found, "repair its header", "affine_not_invertible")
    spacing = np.sqrt((axes**2).sum(axis=0))
    if spacing.min() < _SPACING_MM[0] or spacing.max() > _SPACING_MM[1]:
        found = (
            f"has voxels of {' x '.join(f'{s:.3g}' for s in spacing)} mm; allowed: {_SPACING_MM[0]:g} to "
            f"{_SPACING_MM[1]:g} mm per axis"
        )
        raise defect(found, "repair its header", "absurd_spacing")
    unit = axes / spacing
    skew = float(np.abs(unit.T @ unit - np.eye(3)).max())
    if skew > 0.02:
        found = (
            f"has axes that are not perpendicular (cosine {skew:.3f}; allowed 0.02): a gantry tilt is left in the "
            "header"
        )
        raise defect(found, "resample it to perpendicular axes", "skewed_axes")


def _grid(image: Any) -> Grid:
    x, y, z = image.shape[:3]
    return Grid((x, y, z), np.asarray(image.affine, dtype=np.float64))


def _describe(grid: Grid) -> str:
    spacing = " x ".join(f"{s:.3g}" for s in grid.spacing)
    origin = ", ".join(f"{o:.1f}" for o in grid.affine[:3, 3])
    return f"{_times(grid.shape)} voxels of {spacing} mm from ({origin})"


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in shape)
