"""Reading one case's image files, with every defect named for the person who can mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from gliomanet.imaging import intensities
from gliomanet.imaging.file_notes import Defect, Note
from gliomanet.imaging.header_readings import LEAST_DETERMINANT, SPACING_MM, unit_hint
from gliomanet.imaging.image_file import ImageFile, load_image, times
from gliomanet.imaging.mask_place import place_mask
from gliomanet.imaging.volume import Array, Grid, Volume

_SMALLEST_AXIS = 8
_FEWEST_VALUES = 12
_MOST_LIKE_LABELS = 10
_AS_INTEGERS = "read as integers"
_LOOK_AT_IT = "look at the image, and export it again where it is damaged"


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
    outer faces share, and subtracted: the raw signal's 0 is then 0 again, up to scale. Voxels far beyond all others are
    brought to the largest or smallest of the others.

    Raises:
        CaseError: missing, unreadable, not one 3-D image, not finite, constant, a mask in the place of an image, or
            intensities that no MR image has and that cannot be put right (`imaging.intensities`).
    """
    defect = Defect(path, case_id, name)
    image, file_grid, notes = _read(path, defect)
    grid = file_grid.canonical()
    turned: Array = nib.orientations.apply_orientation(image.array, grid.turn)  # type: ignore[no-untyped-call]
    volume = Volume(_in_memory(turned), grid)
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
    _check_intensities(volume.array, image, defect)
    background = background_value(volume.array)
    if background != 0:
        volume = volume.with_array(volume.array - np.float32(background))
        notes.append(Note("background_not_zero", f"{name}: background {background:.6g} moved to 0"))
    if not (volume.array > 0).any():
        found = f"holds no voxel above its background of {background:.6g}: an image without a brain"
        raise defect(found, "export it again or leave the cell empty", "no_signal")
    strays = intensities.beyond(volume.array, intensities.image_bounds(volume.array))
    # What was lost before is looked for among the others: strays share one value once they are brought in.
    lost = _lost_intensities(volume.array if strays is None else np.where(strays, 0, volume.array), name)
    if strays is not None:
        said = intensities.described(volume.array, strays, volume.grid)
        text = f"{name}: {said}: far beyond all others; brought to their extremes"
        notes.append(Note("stray_voxels", text, "warning", _LOOK_AT_IT))
        volume = volume.with_array(intensities.bring_in(volume.array, strays))
    orientation = "".join(nib.aff2axcodes(file_grid.affine))  # type: ignore[no-untyped-call]
    return Modality(volume, file_grid, orientation, background, (*notes, *lost))


def read_mask(
    path: Path, case_id: str, name: str, grids: Mapping[str, Grid], noted: list[Note] | None = None
) -> tuple[Volume, str]:
    """A mask's integer codes (uint8, RAS+), and the modality on whose grid it lies.

    Args:
        path: the mask's file; integers, or floats that hold integers (to 0.001).
        case_id: named in errors.
        name: `tumour_mask` or `brain_mask`, named in errors.
        grids: modality → grid in RAS+; where several match, the first is taken.
        noted: a list that notes on the file are added to.

    Raises:
        CaseError: unreadable, values that are no codes, or a grid that no modality has.
    """
    defect = Defect(path, case_id, name)
    image, file_grid, notes = _read(path, defect)
    codes = np.rint(image.array)
    low, high = float(image.array.min()), float(image.array.max())
    worst = float(np.abs(image.array - codes).max())
    if worst > 1e-3 or low < -1e-3 or high > 255:
        found = f"holds values between {low:g} and {high:g} that are no integer codes up to 255"
        if low >= 0 and high <= _MOST_LIKE_LABELS:
            found += ": labels that were interpolated or scaled, or an image in the place of a mask?"
            action = "Resample the original mask by nearest neighbour, or name the mask's file"
        else:
            found, action = f"{found}: an image in the place of a mask?", "Put the mask's file there"
        raise defect(found, action, "image_in_place_of_mask")
    placed, modality, more = place_mask(codes.astype(np.uint8), file_grid, grids, defect)
    if image.stored.kind == "f":
        notes.append(Note("float_mask", f"{name}: a mask of {image.stored} that holds integers", action=_AS_INTEGERS))
    if noted is not None:
        noted += [*(note for note in notes if note.rule != "float64"), *more]
    return Volume(np.ascontiguousarray(placed), grids[modality]), modality


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


def _check_intensities(array: Array, image: ImageFile, defect: Defect) -> None:
    """Refuse intensities whose right values are not known."""
    bits = 8 if image.stored == np.int8 else 16
    raw = array if image.slope == 1 and image.inter == 0 else (array - image.inter) / image.slope
    faces = border(array)
    action = "export it again as unsigned integers, or from its source"
    for why, rule, then in (
        (intensities.why_wrapped(raw, bits), "wrapped_integers", action),
        (intensities.why_inverted(array, faces), "inverted_image", "export it again without inversion"),
        (intensities.why_ct(array, faces), "ct_image", "name the MR image's file there"),
    ):
        if why is not None:
            raise defect(f"cannot be used: {why}", then, rule)


def _lost_intensities(array: Array, name: str) -> list[Note]:
    """Warnings of intensities that were lost before the image came here."""
    reasons = (
        ("saturated_image", intensities.why_saturated(array, stripped=not border(array).any())),
        ("squeezed_intensities", intensities.why_squeezed(array)),
        ("empty_slices", intensities.why_empty_slices(array)),
    )
    return [Note(rule, f"{name}: {why}", "warning", _LOOK_AT_IT) for rule, why in reasons if why is not None]


def _read(path: Path, defect: Defect) -> tuple[ImageFile, Grid, list[Note]]:
    """A file's voxels, its grid, and notes; its geometry and values are checked."""
    image = load_image(path, defect)
    if min(image.array.shape) < _SMALLEST_AXIS:
        action = f"at least {_SMALLEST_AXIS} voxels per axis are needed"
        raise defect(f"has shape {times(image.array.shape)}", action, "too_few_voxels")
    _check_affine(image.readings.affine, defect)
    notes = [*image.notes, *image.readings.notes]
    array = image.array
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            wrong = ~np.isfinite(array.astype(np.float32, copy=False))
        if wrong.any():
            found = f"holds {int(wrong.sum())} voxels that are NaN, infinite or beyond float32"
            raise defect(found, "export it again, or fill them knowingly", "not_finite")
    if array.dtype == np.float64:
        notes.append(Note("float64", f"{defect.name}: float64 read as float32"))
    return image, Grid.of(array.shape, image.readings.affine, image.readings.others), notes


def _in_memory(array: Array) -> Array:
    """float32 in C order, turned a slab at a time: each fits the processor's cache, which the whole does not."""
    ordered = np.empty(array.shape, np.float32)
    for index in range(array.shape[1]):
        ordered[:, index] = array[:, index]
    return ordered


def _check_affine(affine: Array, defect: Defect) -> None:
    axes = affine[:3, :3]
    if not np.isfinite(affine).all() or abs(np.linalg.det(axes)) < LEAST_DETERMINANT:
        found = f"has an affine that cannot be inverted ({np.round(affine, 3).tolist()})"
        raise defect(found, "repair its header", "affine_not_invertible")
    spacing = np.sqrt((axes**2).sum(axis=0))
    if spacing.min() < SPACING_MM[0] or spacing.max() > SPACING_MM[1]:
        found = (
            f"has voxels of {' x '.join(f'{s:.3g}' for s in spacing)} mm; allowed: {SPACING_MM[0]:g} to "
            f"{SPACING_MM[1]:g} mm per axis{unit_hint(spacing)}"
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
