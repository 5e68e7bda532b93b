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

SCALE = ((0.0, "none"), (0.055, "up to 5 %"), (0.335, "6 to 33 %"), (0.675, "34 to 67 %"), (0.955, "68 to 95 %"))
"""Upper ends of VASARI's steps of proportions, and their names."""

NEEDS_READER = "an outline does not tell it: a reader of the images does"
UNTOLD = {
    "f1": ("tumour location", "no atlas of lobes is part of this version"),
    "f3": ("eloquent brain", "no atlas of eloquent areas is part of this version"),
    "f8": ("cysts", NEEDS_READER),
    "f10": ("T1/FLAIR ratio", NEEDS_READER),
    "f12": ("definition of the enhancing margin", NEEDS_READER),
    "f13": ("definition of the non-enhancing margin", NEEDS_READER),
    "f16": ("haemorrhage", NEEDS_READER),
    "f17": ("diffusion", "diffusion images are no part of this software"),
    "f18": ("pial invasion", NEEDS_READER),
    "f19": ("ependymal invasion", "a tumour displaces the ventricles, so that an atlas's are not the patient's"),
    "f20": ("cortical involvement", "the cortex is not outlined"),
    "f21": ("deep white matter invasion", "the deep white matter is not outlined"),
    "f25": ("calvarial remodelling", NEEDS_READER),
}
"""Code → name, and the reason that it is not assessed."""

NO_PARTS = "the outline does not tell the tumour's parts"
NO_T1C = "no T1c was given, and without it nobody sees enhancement"
NO_FLUID = "neither T2 nor FLAIR was given, and without them nobody sees oedema"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VasariFeature(_Part):
    """One feature of VASARI."""

    code: str = Field(description="`f1` to `f30`; joined by `+` where an outline holds two in one.")
    name: str
    value: str | None = Field(description="In the words of VASARI as far as these hold; empty: not assessed.")
    measured: float | None = Field(description="The number that the word stands for.")
    unit: str = Field(description="Of that number: a share, pieces, mm, or ml on the smaller side.")
    note: str = Field(description="How it was told, or why it is not assessed.")


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
    enhancement = NO_PARTS if not parts_told else NO_T1C if seen is not None and "t1c" not in seen else ""
    oedema = NO_PARTS if not parts_told else NO_FLUID if seen is not None and not {"t2", "flair"} & set(seen) else ""
    features = [
        *(
            VasariFeature(code=c, name=n, value=None, measured=None, unit="", note=why)
            for c, (n, why) in UNTOLD.items()
        ),
        _side(*on_atlas),
        *_proportions(on_file[0], enhancement, oedema),
        _multifocal(*on_file),
        _margin(*on_file, enhancement),
        _crosses("f15", "oedema crosses the midline", OEDEMA, *on_atlas, oedema),
        _crosses("f22", "core (non-enhancing tumour or necrosis) crosses the midline", CORE, *on_atlas, enhancement),
        _crosses("f23", "enhancing tumour crosses the midline", ENHANCING, *on_atlas, enhancement),
        _satellites(*on_file, enhancement),
    ]
    sizes = [largest_diameters("whole", on_file[0] > 0, on_file[1])]
    if not enhancement:
        sizes.append(largest_diameters("enhancing", on_file[0] == ENHANCING, on_file[1]))
    features.sort(key=lambda one: int(one.code.partition("+")[0].removeprefix("f")))
    return Vasari(features=tuple(features), diameters=tuple(size for size in sizes if size is not None))


def scale_of(share: float) -> str:
    """A proportion in VASARI's words.

    >>> scale_of(0.2), scale_of(0.999)
    ('6 to 33 %', 'more than 95 %')
    """
    if share == 1:
        return "all"
    return next((name for upper, name in SCALE if share <= upper), "more than 95 %")


def _side(codes: NDArray[np.uint8], affine: NDArray[np.float64]) -> VasariFeature:
    core = np.isin(codes, (CORE, ENHANCING))
    inside, of = (core, "tumour without its oedema") if core.any() else (codes > 0, "whole lesion")
    x = _x(codes, affine)
    along = inside.sum(axis=(1, 2))
    left = float((along * np.where(np.abs(x) < 1e-3, 0.5, x < 0)).sum() / along.sum())
    value = "left" if left >= SIDED else "right" if left <= 1 - SIDED else "centre or bilateral"
    note = f"share of the {of} that lies left of the atlas's midline; a side holds two thirds of it or more"
    return _told("f2", "side of the tumour's centre", value, left, "share", note)


def _proportions(codes: NDArray[np.uint8], enhancement: str, oedema: str) -> list[VasariFeature]:
    whole = int((codes > 0).sum())
    share = {code: float((codes == code).sum()) / whole for code in (CORE, OEDEMA, ENHANCING)}
    any_enhancing = "none" if share[ENHANCING] == 0 else "present"
    more = "share of the whole lesion, oedema included"
    merged = f"{more}; the outline's core holds both, and necrosis alone (f7) is not told"
    infiltrated = f"{more}; oedema that tumour has infiltrated is in it"
    return [
        _told("f4", "enhancement", any_enhancing, None, "", "mild or marked: a reader tells", enhancement),
        _told("f5", "proportion enhancing", scale_of(share[ENHANCING]), share[ENHANCING], "share", more, enhancement),
        _told(
            *("f6+f7", "proportion of non-enhancing core and necrosis", scale_of(share[CORE]), share[CORE], "share"),
            *(merged, enhancement),
        ),
        _told("f14", "proportion of oedema", scale_of(share[OEDEMA]), share[OEDEMA], "share", infiltrated, oedema),
    ]


def _multifocal(codes: NDArray[np.uint8], affine: NDArray[np.float64]) -> VasariFeature:
    _, sizes = _pieces(codes > 0)
    number = int((sizes * _voxel_ml(affine) >= LEAST_ML).sum())
    value = "focal" if number <= 1 else "multifocal or multicentric"
    note = f"separate pieces of the lesion of {LEAST_ML} ml and more; which of the two, and gliomatosis: a reader tells"
    return _told("f9", "multifocal or multicentric", value, number, "pieces", note)


def _margin(codes: NDArray[np.uint8], affine: NDArray[np.float64], why: str) -> VasariFeature:
    name, enhancing = "thickness of the enhancing margin", codes == ENHANCING
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    if not why and not enhancing.any():
        return _told("f11", name, "none", 0.0, "mm", "no enhancing voxel")
    if not why and not (codes == CORE).any():
        return _told("f11", name, "solid", None, "mm", "all enhancing, without a core")
    if not why and spacing.max() > _FINE_MM:
        why = f"voxels of {spacing.max():.1f} mm do not tell a margin of {THICK_MM:g} mm"
    thickness = 0.0 if why else margin_thickness(enhancing, spacing)
    value = "thin" if thickness < THICK_MM else f"thick (more than {THICK_MM:g} mm)"
    return _told("f11", name, value, thickness, "mm", "mean thickness, from distances to the margin's surfaces", why)


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


def _crosses(
    code: str, name: str, part: int, codes: NDArray[np.uint8], affine: NDArray[np.float64], why: str
) -> VasariFeature:
    x, along = _x(codes, affine), (codes == part).sum(axis=(1, 2))
    if not why and not along.any():
        return _told(code, name, "none there", None, "ml", "the outline holds no such part")
    smaller = min(float(along[x < -MIDLINE_MM].sum()), float(along[x > MIDLINE_MM].sum())) * _voxel_ml(affine)
    value = "yes" if smaller >= LEAST_ML else "no"
    note = f"on the atlas: {LEAST_ML} ml or more on either side, farther than {MIDLINE_MM:g} mm from its midline"
    return _told(code, name, value, round(smaller, 3), "ml", note, why)


def _satellites(codes: NDArray[np.uint8], affine: NDArray[np.float64], why: str) -> VasariFeature:
    """Enhancing pieces in the abnormality around the largest one, and not connected with it."""
    lesion, sizes = _pieces(codes > 0)
    solid = np.isin(codes, (CORE, ENHANCING)) & (lesion == sizes.argmax() + 1)
    pieces, of_solid = _pieces(solid)
    enhancing = np.bincount(pieces[codes == ENHANCING], minlength=len(of_solid) + 1)[1:] * _voxel_ml(affine)
    main = int(of_solid.argmax()) if len(of_solid) else -1
    number = int(sum(ml >= SATELLITE_ML for place, ml in enumerate(enhancing) if place != main))
    note = f"enhancing pieces of {SATELLITE_ML} ml and more beside the largest, in the same lesion"
    return _told("f24", "satellites", "present" if number else "none", number, "pieces", note, why)


def _told(
    code: str, name: str, value: str, measured: float | None, unit: str, note: str, why: str = ""
) -> VasariFeature:
    """A feature; not assessed where there is a reason."""
    if why:
        return VasariFeature(code=code, name=name, value=None, measured=None, unit="", note=why)
    return VasariFeature(code=code, name=name, value=value, measured=measured, unit=unit, note=note)


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
