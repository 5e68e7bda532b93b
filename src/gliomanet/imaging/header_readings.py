"""Places that a header gives an image's voxels: the one that is used, and those that other programs use.

A NIfTI header may hold two, sform and qform, each with a code that says whether it counts. nibabel takes the sform
where both do. ITK (ITK-SNAP, 3D Slicer, ANTs, HD-BET) takes the sform of code 1 or without a rival, else the qform
(since ITK 5.2; before, the qform wherever there is one), and its voxel sizes always from `pixdim`: `NiftiImageIO` of
ITK 5.4. Where no code is set, nibabel assumes LAS with the middle of the image at 0, ITK LPS from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np

from gliomanet.imaging.file_notes import HANDLED, Defect, Note
from gliomanet.imaging.volume import Matrix

SPACING_MM = (0.2, 15.0)
SAME_PLACE = 0.1
"""Readings of a header are one where all corners of the image agree to this part of its smallest voxel side."""

LEAST_DETERMINANT = 1e-12
"""Of an affine: voxels of a thousandth of a unit keep 1e-9, those of a header in metres."""

_UNITS = {1: ("metre", 1000.0), 3: ("micron", 0.001)}
_ITK = "ITK programs (ITK-SNAP, 3D Slicer, ANTs)"
_LOOK = "compare left and right with the hospital's viewer, and export it with one orientation"


@dataclass(frozen=True)
class Readings:
    """Affines (4, 4), voxel indices in the file's order → RAS mm.

    Attributes:
        affine: the one that is used.
        others: those that other programs may use, where they are different places.
        notes: on the header.
    """

    affine: Matrix
    others: tuple[Matrix, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class _Form:
    """One of the two forms of a header, which can be used."""

    name: str
    code: int
    affine: Matrix

    def __str__(self) -> str:
        return f"{self.name} (code {self.code})"


def nifti_readings(header: Any, shape: tuple[int, ...], defect: Defect) -> Readings:
    """Readings of a NIfTI header as it is stored, unchecked.

    Raises:
        CaseError: no form that can be used, or voxel sizes that are no lengths where only they are given.
    """
    name, notes = defect.name, []
    forms = (_sform(header), _qform(header))
    usable = [form for form in forms if isinstance(form, _Form)]
    broken = [why for why in forms if isinstance(why, str)]
    if broken and not usable:
        raise defect("; it ".join(broken), "repair its header", "affine_not_invertible")
    for why in broken:
        action = "look whether left and right are as they should be"
        notes.append(Note("form_not_usable", f"{name}: {why}; the {usable[0].name} is used", "warning", action))
    if usable:
        affine, others = usable[0].affine, [form.affine for form in usable[1:]]
        text = _disagreement(usable, shape, name) if len(usable) > 1 else ""
        if text:
            notes.append(Note("orientation_forms_disagree", text, "warning", _LOOK))
        sized = _with_pixdim(affine, header)
        if (
            usable[0].name == "sform"
            and len(usable) == 1
            and sized is not None
            and not same_place(affine, sized, shape)
        ):
            others.append(sized)
            text = (
                f"{name}: voxels of {_sizes(affine)} mm by the {usable[0]}, of {_sizes(sized)} mm by pixdim; the sform "
                f"is used, {_ITK} use pixdim"
            )
            notes.append(
                Note("voxel_sizes_disagree", text, "warning", "measure something of known size, and repair it")
            )
    else:
        affine, *others = _guesses(header, shape, defect)
        text = (
            f"{name}: no orientation in the header (sform and qform code 0): left and right are a guess; "
            f"{_axes(affine)} is assumed as nibabel does, {_axes(others[0])} by {_ITK}"
        )
        notes.append(Note("orientation_is_a_guess", text, "warning", _LOOK))
    scale, more = _unit(affine, int(header["xyzt_units"]) & 7, name)
    notes += more
    kept = [one for one in others if not same_place(affine, one, shape)]
    return Readings(_scaled(affine, scale), tuple(_scaled(one, scale) for one in kept), tuple(notes))


def mgh_readings(affine: Matrix, placed: bool, defect: Defect) -> Readings:
    """Readings of an MGH header, which has one; `placed` says that it counts."""
    notes = []
    if not placed:
        text = (
            f"{defect.name}: no orientation in the header (goodRASFlag 0): left and right are a guess; "
            f"{_axes(affine)} is assumed"
        )
        notes.append(Note("orientation_is_a_guess", text, "warning", _LOOK))
    return Readings(affine, (), tuple(notes))


def same_place(one: Matrix, other: Matrix, shape: tuple[int, ...]) -> bool:
    """True where two affines lead all corners of an image to the same place, to `SAME_PLACE` of a voxel."""
    return apart(one, other, shape) <= SAME_PLACE * float(np.sqrt((one[:3, :3] ** 2).sum(axis=0)).min())


def apart(one: Matrix, other: Matrix, shape: tuple[int, ...]) -> float:
    """The largest distance along an axis between the corners of an image by two affines, in mm."""
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(shape[:3]) - 1)
    moved = corners @ (one - other)[:3, :3].T + (one - other)[:3, 3]
    return float(np.abs(moved).max())


def _sform(header: Any) -> _Form | str | None:
    """The sform, why it cannot be used, or `None` where it does not count."""
    code = int(header["sform_code"])
    if code <= 0:
        return None
    affine = np.asarray(header.get_sform(), np.float64)
    if not _invertible(affine):
        return f"has an sform (code {code}) that cannot be inverted ({np.round(affine[:3], 3).tolist()})"
    return _Form("sform", code, affine)


def _qform(header: Any) -> _Form | str | None:
    """The qform, why it cannot be used, or `None` where it does not count."""
    code = int(header["qform_code"])
    if code <= 0:
        return None
    sizes = np.asarray(header["pixdim"][1:4], np.float64)
    if not _lengths(sizes):
        return f"has voxel sizes (pixdim) of {_list(sizes)}, which its qform (code {code}) needs to be positive"
    handedness = float(header["pixdim"][0])
    if handedness not in (-1.0, 0.0, 1.0):
        return f"has a qform (code {code}) whose handedness (qfac) is {handedness:g}, not 1 or -1"
    whole = header.copy()
    whole["pixdim"][0] = handedness or 1.0  # 0 stands for 1, by the standard
    try:
        affine = np.asarray(whole.get_qform(), np.float64)
    except (ValueError, ArithmeticError, nib.spatialimages.HeaderDataError) as error:
        return f"has a qform (code {code}) that is no rotation ({error})"
    return _Form("qform", code, affine) if _invertible(affine) else f"has a qform (code {code}) that cannot be inverted"


def _invertible(affine: Matrix) -> bool:
    return bool(np.isfinite(affine).all()) and abs(float(np.linalg.det(affine[:3, :3]))) >= LEAST_DETERMINANT


def _lengths(sizes: Matrix) -> bool:
    return bool(np.isfinite(sizes).all() and (sizes > 0).all())


def _guesses(header: Any, shape: tuple[int, ...], defect: Defect) -> list[Matrix]:
    """The affines that nibabel and ITK assume where the header gives none, and others that a mask may have."""
    sizes = np.asarray(header["pixdim"][1:4], np.float64)
    if not _lengths(sizes):
        found = f"has no orientation, and voxel sizes (pixdim) of {_list(sizes)}"
        raise defect(found, "repair its header", "affine_not_invertible")
    x, y, z = sizes
    around_zero = [np.diag([-x, y, z, 1.0]), np.diag([x, y, z, 1.0])]
    for affine in around_zero:
        affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape[:3]) - 1) / 2)
    uncounted = np.asarray(header.get_sform(), np.float64)
    guesses = [around_zero[0], np.diag([-x, -y, z, 1.0]), around_zero[1]]
    return [*guesses, uncounted] if _invertible(uncounted) else guesses


def _disagreement(forms: list[_Form], shape: tuple[int, ...], name: str) -> str:
    """A sentence on both forms where they lead to different places, or nothing."""
    sform, qform = forms
    if same_place(sform.affine, qform.affine, shape):
        return ""
    by_itk = "the sform (the qform before ITK 5.2)" if sform.code == 1 else "the qform"
    return (
        f"{name}: {sform} and {qform} disagree by up to {apart(sform.affine, qform.affine, shape):.3g} mm: "
        f"{_axes(sform.affine)} from {_origin(sform.affine)} against {_axes(qform.affine)} from "
        f"{_origin(qform.affine)}; the sform is used, {_ITK} use {by_itk}"
    )


def _with_pixdim(affine: Matrix, header: Any) -> Matrix | None:
    """The affine with the voxel sizes of `pixdim`, as ITK has it; `None` where those are no lengths."""
    sizes = np.asarray(header["pixdim"][1:4], np.float64)
    if not _lengths(sizes):
        return None
    sized = affine.copy()
    sized[:3, :3] *= sizes / np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    return sized


def _unit(affine: Matrix, code: int, name: str) -> tuple[float, list[Note]]:
    """The factor from the header's unit of length to mm, and notes on it."""
    if code not in _UNITS:
        return 1.0, []
    unit, factor = _UNITS[code]
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    said = f"{name}: spacing {_sizes(affine)}: the header's unit is {unit}"
    if _plausible(spacing * factor):
        return factor, [Note("unit_not_mm", f"{said}; converted to mm", "note", HANDLED)]
    if _plausible(spacing):
        text = f"{said}, which no image of a head has; read as mm"
        return 1.0, [Note("unit_not_mm", text, "warning", "measure something of known size, and repair the header")]
    return factor, []


def unit_hint(spacing: Matrix) -> str:
    """Another unit of length in which an absurd spacing (mm) would be one of a head, in a few words; or nothing."""
    for unit, factor in (("metres", 1000.0), ("centimetres", 10.0), ("microns", 0.001)):
        if _plausible(spacing * factor):
            return f": {unit}, perhaps, and a header that does not say so"
    return ""


def _plausible(spacing: Matrix) -> bool:
    return bool(spacing.min() >= SPACING_MM[0] and spacing.max() <= SPACING_MM[1])


def _scaled(affine: Matrix, factor: float) -> Matrix:
    if factor == 1:
        return affine
    scaled = affine.copy()
    scaled[:3] *= factor
    return scaled


def _axes(affine: Matrix) -> str:
    return "".join(nib.aff2axcodes(affine))  # type: ignore[no-untyped-call]


def _origin(affine: Matrix) -> str:
    return f"({', '.join(f'{o:.1f}' for o in affine[:3, 3])})"


def _sizes(affine: Matrix) -> str:
    return " x ".join(f"{s:.3g}" for s in np.sqrt((affine[:3, :3] ** 2).sum(axis=0)))


def _list(sizes: Matrix) -> str:
    return ", ".join(f"{size:g}" for size in sizes)
