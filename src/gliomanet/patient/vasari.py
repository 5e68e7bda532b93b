"""Features of VASARI that a tumour's outline tells; the others are named, and said to be not assessed.

The names and the scale of proportions are those of the VASARI MRI feature guide (The Cancer Imaging Archive, TCGA
glioma phenotype group). An outline in the codes of BraTS holds less than a reader sees: its core is necrosis and
non-enhancing tumour in one, its oedema may be infiltrated. What therefore cannot be told stays untold.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage

from gliomanet.files.nifti import read_written_nifti
from gliomanet.patient.diameters import Diameters, largest_diameters
from gliomanet.patient.statements.statement import Statement, Value, state

CORE, OEDEMA, ENHANCING = 1, 2, 4

LEAST_ML = 0.52
"""A piece that counts: a sphere of 10 mm, the least lesion that RANO measures."""

SATELLITE_ML = 0.065
"""An enhancing piece that counts: a sphere of 5 mm."""

MIDLINE_MM = 5.0
"""Beside the atlas's midline: what lies closer is on neither side, since tumours push the midline itself."""

SIDED = 2 / 3
"""Share of the tumour on one side from which on it is of that side."""

THICK_MM = 3.0
_FINE_MM = 1.5

SCALE = ((0.0, "none"), (0.055, "up_to_5"), (0.335, "from_6"), (0.675, "from_34"), (0.955, "from_68"))
"""Upper ends of VASARI's steps of proportions, and the codes of their names."""

UNTOLD = {
    "f1": "no_lobes",
    "f3": "no_eloquence",
    "f8": "needs_reader",
    "f10": "needs_reader",
    "f12": "needs_reader",
    "f13": "needs_reader",
    "f16": "needs_reader",
    "f17": "no_diffusion",
    "f18": "needs_reader",
    "f19": "ventricles",
    "f20": "cortex",
    "f21": "white_matter",
    "f25": "needs_reader",
}
"""Feature → code of the reason that it is not assessed."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VasariFeature(_Part):
    """One feature of VASARI."""

    code: str = Field(description="`f1` to `f30`; joined by `+` where an outline holds two in one.")
    name: Statement
    value: Statement | None = Field(description="In the words of VASARI as far as these hold; empty: not assessed.")
    measured: float | None = Field(description="The number that the word stands for.")
    unit: str = Field(description="Of that number: a share, pieces, mm, or ml on the smaller side.")
    note: Statement = Field(description="How it was told, or why it is not assessed.")


class Vasari(_Part):
    """The features of VASARI before an operation, and the diameters of the lesion."""

    features: tuple[VasariFeature, ...]
    diameters: tuple[Diameters, ...] = Field(description="Of the whole lesion (f29, f30) and of its enhancing part.")


def vasari_of(atlas: Path, native: Path, *, parts_told: bool, seen: Sequence[str] | None) -> Vasari | None:
    """The features of an outline; `None` where it is empty.

    Args:
        atlas: the outline on the atlas grid: sides and the midline.
        native: the same on the grid of the reference modality's file: sizes, shares and pieces.
        parts_told: false where it outlines the whole tumour only.
        seen: modalities that a network outlined it by; `None`: somebody's own outline, whatever it was drawn on.
    """
    on_atlas, on_file = _codes(atlas), _codes(native)
    if not on_file[0].any() or not on_atlas[0].any():
        return None
    enhancement = "no_parts" if not parts_told else "no_t1c" if seen is not None and "t1c" not in seen else ""
    oedema = (
        "no_parts" if not parts_told else "no_fluid" if seen is not None and not {"t2", "flair"} & set(seen) else ""
    )
    features = [
        *(_untold(code, _note(why)) for code, why in UNTOLD.items()),
        _side(*on_atlas),
        *_proportions(on_file[0], enhancement, oedema),
        _multifocal(*on_file),
        _margin(*on_file, enhancement),
        _crosses("f15", OEDEMA, *on_atlas, oedema),
        _crosses("f22", CORE, *on_atlas, enhancement),
        _crosses("f23", ENHANCING, *on_atlas, enhancement),
        _satellites(*on_file, enhancement),
    ]
    sizes = [largest_diameters("whole", on_file[0] > 0, on_file[1])]
    if not enhancement:
        sizes.append(largest_diameters("enhancing", on_file[0] == ENHANCING, on_file[1]))
    features.sort(key=lambda one: int(one.code.partition("+")[0].removeprefix("f")))
    return Vasari(features=tuple(features), diameters=tuple(size for size in sizes if size is not None))


def scale_of(share: float) -> str:
    """A proportion on VASARI's scale, by the code of the step's name.

    >>> scale_of(0.2), scale_of(0.999)
    ('from_6', 'over_95')
    """
    if share == 1:
        return "all"
    return next((name for upper, name in SCALE if share <= upper), "over_95")


def _side(codes: NDArray[np.uint8], affine: NDArray[np.float64]) -> VasariFeature:
    core = np.isin(codes, (CORE, ENHANCING))
    inside, of = (core, "side_of_core") if core.any() else (codes > 0, "side_of_whole")
    x = _x(codes, affine)
    along = inside.sum(axis=(1, 2))
    left = float((along * np.where(np.abs(x) < 1e-3, 0.5, x < 0)).sum() / along.sum())
    value = "left" if left >= SIDED else "right" if left <= 1 - SIDED else "centre"
    return _told("f2", value, left, "share", _note(of))


def _proportions(codes: NDArray[np.uint8], enhancement: str, oedema: str) -> list[VasariFeature]:
    whole = int((codes > 0).sum())
    share = {code: float((codes == code).sum()) / whole for code in (CORE, OEDEMA, ENHANCING)}
    any_enhancing, degree = ("none", "not_enhancing") if share[ENHANCING] == 0 else ("present", "degree")
    return [
        _told("f4", any_enhancing, None, "", _note(degree), enhancement),
        _told("f5", scale_of(share[ENHANCING]), share[ENHANCING], "share", _note("share"), enhancement),
        _told("f6+f7", scale_of(share[CORE]), share[CORE], "share", _note("share_of_core"), enhancement),
        _told("f14", scale_of(share[OEDEMA]), share[OEDEMA], "share", _note("share_of_oedema"), oedema),
    ]


def _multifocal(codes: NDArray[np.uint8], affine: NDArray[np.float64]) -> VasariFeature:
    _, sizes = _pieces(codes > 0)
    number = int((sizes * _voxel_ml(affine) >= LEAST_ML).sum())
    return _told("f9", "focal" if number <= 1 else "multifocal", number, "pieces", _note("pieces", ml=LEAST_ML))


def _margin(codes: NDArray[np.uint8], affine: NDArray[np.float64], why: str) -> VasariFeature:
    enhancing = codes == ENHANCING
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    if why:
        return _untold("f11", _note(why))
    if not enhancing.any():
        return _told("f11", "none", 0.0, "mm", _note("not_enhancing"))
    if not (codes == CORE).any():
        return _told("f11", "solid", None, "mm", _note("without_core"))
    if spacing.max() > _FINE_MM:
        return _untold("f11", _note("coarse", voxel=float(spacing.max()), margin=THICK_MM))
    thickness, note = margin_thickness(enhancing, spacing), _note("thickness")
    if thickness < THICK_MM:
        return _told("f11", "thin", thickness, "mm", note)
    return _told("f11", "thick", thickness, "mm", note, mm=THICK_MM)


def margin_thickness(inside: NDArray[np.bool_], spacing: NDArray[np.float64]) -> float:
    """The mean thickness of a shell in mm: four times the mean distance to its surfaces, as of a plate.

    Args:
        inside: (x, y, z) the shell.
        spacing: (3,) size of a voxel in mm.
    """
    box = ndimage.find_objects(inside.astype(np.uint8))[0]
    shell = np.pad(inside[box], 1)
    # distances lead to the centre of the next voxel outside, half a voxel beyond the surface
    distances = ndimage.distance_transform_edt(shell, sampling=spacing)[shell] - float(spacing.mean()) / 2
    return 4 * float(distances.mean())


def _crosses(code: str, part: int, codes: NDArray[np.uint8], affine: NDArray[np.float64], why: str) -> VasariFeature:
    x, along = _x(codes, affine), (codes == part).sum(axis=(1, 2))
    if not why and not along.any():
        return _told(code, "no_such_part", None, "ml", _note("no_such_part"))
    smaller = min(float(along[x < -MIDLINE_MM].sum()), float(along[x > MIDLINE_MM].sum())) * _voxel_ml(affine)
    value = "yes" if smaller >= LEAST_ML else "no"
    return _told(code, value, round(smaller, 3), "ml", _note("crosses", ml=LEAST_ML, mm=MIDLINE_MM), why)


def _satellites(codes: NDArray[np.uint8], affine: NDArray[np.float64], why: str) -> VasariFeature:
    """Enhancing pieces in the abnormality around the largest one, and not connected with it."""
    lesion, sizes = _pieces(codes > 0)
    solid = np.isin(codes, (CORE, ENHANCING)) & (lesion == sizes.argmax() + 1)
    pieces, of_solid = _pieces(solid)
    enhancing = np.bincount(pieces[codes == ENHANCING], minlength=len(of_solid) + 1)[1:] * _voxel_ml(affine)
    main = int(of_solid.argmax()) if len(of_solid) else -1
    number = int(sum(ml >= SATELLITE_ML for place, ml in enumerate(enhancing) if place != main))
    value = "present" if number else "none"
    return _told("f24", value, number, "pieces", _note("satellites", ml=SATELLITE_ML), why)


def _told(
    code: str, value: str, measured: float | None, unit: str, note: Statement, why: str = "", **values: Value
) -> VasariFeature:
    """A feature; not assessed where there is a reason."""
    if why:
        return _untold(code, _note(why))
    said = state(f"vasari.value.{value}", **values)
    return VasariFeature(code=code, name=_name(code), value=said, measured=measured, unit=unit, note=note)


def _untold(code: str, why: Statement) -> VasariFeature:
    return VasariFeature(code=code, name=_name(code), value=None, measured=None, unit="", note=why)


def _name(code: str) -> Statement:
    return state(f"vasari.name.{code.replace('+', '_')}")


def _note(code: str, **values: Value) -> Statement:
    return state(f"vasari.note.{code}", **values)


def _pieces(inside: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Numbers of the connected pieces (26 neighbours), and the voxels of each."""
    pieces, number = ndimage.label(inside, structure=np.ones((3, 3, 3)))
    return pieces, np.bincount(pieces.ravel(), minlength=number + 1)[1:]


def _x(codes: NDArray[np.uint8], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mm of each sagittal slice; the atlas grid is RAS, without a turn."""
    return np.asarray(np.arange(codes.shape[0]) * affine[0, 0] + affine[0, 3], dtype=np.float64)


def _voxel_ml(affine: NDArray[np.float64]) -> float:
    return abs(float(np.linalg.det(affine[:3, :3]))) / 1000


def _codes(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    image = read_written_nifti(path)
    return np.asarray(image.dataobj, dtype=np.uint8), np.asarray(image.affine, dtype=np.float64)
