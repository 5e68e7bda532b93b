"""The modality that a mask was drawn on, and the mask's voxels in that modality's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import nibabel as nib
import numpy as np

from gliomanet.imaging.file_notes import Defect, Note
from gliomanet.imaging.image_file import times
from gliomanet.imaging.volume import Array, Grid, Matrix

_RESAVE = "save the mask again with the image's present header, and look where it lies in the head"

_Turn = tuple[tuple[float, ...], ...]


class _Fit(NamedTuple):
    """One way to lay a mask's voxels on an image's: by this turn of its axes, by the readings that both are used by."""

    turn: _Turn
    usual: bool


def place_mask(
    array: Array, file_grid: Grid, grids: Mapping[str, Grid], defect: Defect
) -> tuple[Array, str, list[Note]]:
    """A mask on the grid of the first modality that it fits.

    Where a header has several readings (`Grid.others`), a mask may have been drawn by a program that follows another
    one than is used here, and then has that reading for its own: it is laid voxel for voxel on the image. Where it fits
    several readings in different ways (they are mirrored about the middle of the image), the way that leaves the order
    of the voxels in both files as it is is taken.

    Args:
        array: (x, y, z) in the order of the mask's file.
        file_grid: of that file.
        grids: modality → grid in RAS+.
        defect: of the mask.

    Returns:
        The array in the order of the modality, the modality's name, and notes.

    Raises:
        CaseError: no modality has this grid, or the mask fits in several ways and none keeps the order of the voxels.
    """
    for modality, grid in grids.items():
        fits = list(_fits(file_grid, grid))
        if not fits:
            continue
        ways = {fit.turn for fit in fits}
        kept = None if grid.turn is None else _key(grid.turn)
        if len(ways) > 1 and kept not in ways:
            found = (
                f"fits {modality} in {len(ways)} ways, because the orientation in one of their headers is in doubt, "
                "and is stored in another order of voxels"
            )
            raise defect(found, _RESAVE, "mask_in_doubt")
        turn = kept if len(ways) > 1 else fits[0].turn
        usual = any(fit.usual for fit in fits if fit.turn == turn)
        notes = _notes(defect.name, modality, usual=usual, ways=len(ways))
        turned: Array = nib.orientations.apply_orientation(array, np.array(turn))  # type: ignore[no-untyped-call]
        return turned, modality, notes
    others = "; ".join(f"{modality} {describe(grid)}" for modality, grid in grids.items())
    found = f"lies on a grid of {describe(file_grid.canonical())}, which no modality of the case has ({others})"
    raise defect(found, "draw or resample it on the grid of one of them", "mask_on_a_foreign_grid")


def _fits(mask: Grid, grid: Grid) -> Iterator[_Fit]:
    """Every way in which a reading of the mask's file fits a reading of the image's."""
    tolerance = 0.5 * min(grid.spacing)
    for by_mask, mask_affine in enumerate((mask.affine, *mask.others)):
        drawn = Grid(mask.shape, mask_affine).canonical()
        for by_image, affine in enumerate((grid.affine, *grid.others)):
            seen = Grid(grid.shape, affine).canonical()
            if seen.matches(drawn, tolerance_mm=tolerance):
                turn: Any = nib.orientations.ornt_transform(drawn.turn, seen.turn)  # type: ignore[no-untyped-call]
                yield _Fit(_key(turn), usual=by_mask == 0 and by_image == 0)


def _key(turn: Matrix) -> _Turn:
    return tuple(tuple(float(part) for part in axis) for axis in turn)


def _notes(name: str, modality: str, *, usual: bool, ways: int) -> list[Note]:
    if usual and ways == 1:
        return []
    if ways == 1:
        text = (
            f"{name}: drawn on {modality} by another reading of the header than the one that is used; laid on it voxel "
            "for voxel"
        )
    else:
        text = (
            f"{name}: fits {modality} in {ways} ways, because the orientation in one of their headers is in doubt; "
            "laid on it voxel for voxel, in the order of both files"
        )
    return [Note("mask_by_another_reading", text, "warning", _RESAVE)]


def describe(grid: Grid) -> str:
    """A grid in words: voxels, their size, and the first one's place."""
    spacing = " x ".join(f"{s:.3g}" for s in grid.spacing)
    origin = ", ".join(f"{o:.1f}" for o in grid.affine[:3, 3])
    return f"{times(grid.shape)} voxels of {spacing} mm from ({origin})"
