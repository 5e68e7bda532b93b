"""Image quality metrics of one case alone: of misplaced modalities, and of brain masks too small or too large."""

from __future__ import annotations

import itertools

import numpy as np
from scipy import ndimage

from gliomanet.imaging.quality.evidence import Evidence
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.registration.similarity import normalized_mutual_information
from gliomanet.imaging.resampling import occupied
from gliomanet.imaging.sampling import sample
from gliomanet.imaging.volume import Array, Grid, Matrix, Volume, resample

_LATTICE_MM = 2.0
_SHELL_MM = 4.0
_DEEP_MM = 12.0
_STEPS_MM = (8.0, 4.0, 2.0)
_FARTHEST_MM = 26.0


def quality_metrics(evidence: Evidence) -> dict[str, float]:
    """Compute the image quality metrics that need a case's images; `center_table.METRICS` holds their bounds.

    Returns:
        `residual_shift_<modality>_mm` for every modality but the reference, see `residual_shift`; `rim_outside` and
        `rim_inside`, see `rims`; `mask_atlas_dice`: the brain mask's overlap with the atlas' own, in atlas space; and
        `tumour_outside_brain`, the share of the tumour mask outside the brain mask, where there is a tumour mask.
    """
    mask = _on_lattice(evidence.brain_mask)
    places = _places(mask.grid, (mask.array > 0) & _every_other(mask.array.shape))
    fixed = sample(evidence.corrected[evidence.reference], places)
    metrics = {
        f"residual_shift_{name}_mm": residual_shift(fixed, volume, places, evidence.from_reference[name])
        for name, volume in evidence.corrected.items()
        if name != evidence.reference
    }
    metrics |= rims(mask, evidence)
    metrics["mask_atlas_dice"] = _dice_with_atlas(mask, evidence.to_atlas)
    if evidence.tumour is not None and evidence.tumour[0].array.any():
        tumour, home = evidence.tumour
        index = np.argwhere(tumour.array > 0)
        back = np.linalg.inv(evidence.from_reference[home]) @ tumour.grid.affine
        inside = sample(evidence.brain_mask, index @ back[:3, :3].T + back[:3, 3], order=0) > 0
        metrics["tumour_outside_brain"] = float(1 - inside.mean())
    return metrics


def residual_shift(fixed: Array, moving: Volume, places: Array, matrix: Matrix) -> float:
    """Distance of a modality from the place where it is most like the reference, in mm: 0 to 2 if registered well.

    A pattern search over translations (steps of 8, 4, then 2 mm an axis) for the highest normalised mutual information
    inside the brain; it starts where registration put the modality, and only goes where it grows.

    Args:
        fixed: the reference's values (n,) at `places`.
        moving: the modality, on its own grid.
        places: (n, 3) RAS mm of the reference.
        matrix: RAS mm of the reference → RAS mm of the modality.
    """
    everywhere = np.ones(len(places), bool)

    def alike(shift: Array) -> float:
        return normalized_mutual_information(fixed, sample(moving, places + shift, matrix), everywhere)

    here, best = np.zeros(3), alike(np.zeros(3))
    for step in _STEPS_MM:
        while True:
            nearby = [here + sign * step * axis for axis in np.eye(3) for sign in (-1, 1)]
            nearby = [shift for shift in nearby if np.linalg.norm(shift) <= _FARTHEST_MM]
            metrics = [alike(shift) for shift in nearby]
            if max(metrics, default=best) <= best:
                break
            best, here = max(metrics), nearby[int(np.argmax(metrics))]
    return float(np.linalg.norm(here))


def rims(mask: Volume, evidence: Evidence) -> dict[str, float]:
    """Shares of shells of 4 mm on either side of the mask's border that look like brain in every modality at once.

    A place looks like brain where each modality lies between the 5th and 95th percentile of what it is 12 mm and deeper
    inside the mask. The shares are given over the deep brain's own share, so 1 is "as brain as brain". Outside a good
    mask lie fluid and skull: a high `rim_outside` is a mask that leaves brain out. Inside its border lie cortex and
    some fluid: a low `rim_inside` is a mask that takes in more than brain. A stripped image shows nothing outside, so
    a mask that was too small when it was stripped is not found by this.

    Args:
        mask: brain mask (0, 1) on a lattice of cubes, with room around the brain.
        evidence: the case.
    """
    inside = mask.array > 0
    depth = ndimage.distance_transform_edt(inside, sampling=mask.grid.spacing)
    beyond = ndimage.distance_transform_edt(~inside, sampling=mask.grid.spacing)
    shells = {
        "deep": _places(mask.grid, (depth > _DEEP_MM) & _every_other(inside.shape)),
        # A voxel at the border is half in and half out: it would say the same of any mask.
        "inside": _places(mask.grid, (depth > 1.5) & (depth <= _SHELL_MM)),
        "outside": _places(mask.grid, (beyond > 0) & (beyond <= _SHELL_MM)),
    }
    if not all(len(places) for places in shells.values()):
        return {}
    like = {shell: np.ones(len(places), bool) for shell, places in shells.items()}
    for name, volume in evidence.corrected.items():
        values = {shell: sample(volume, places, evidence.from_reference[name]) for shell, places in shells.items()}
        low, high = np.percentile(values["deep"], [5, 95])
        for shell, found in values.items():
            like[shell] &= (found >= low) & (found <= high)
    deep = max(float(like["deep"].mean()), 1e-3)
    return {f"rim_{shell}": float(like[shell].mean()) / deep for shell in ("outside", "inside")}


def _on_lattice(mask: Volume) -> Volume:
    """The mask (0, 1) on straight cubes of 2 mm around the brain, with room for the shell outside."""
    box = occupied(mask.array, np.zeros(3, int))
    ends = np.array([(side.start, side.stop - 1) for side in box])
    corners = _moved(mask.grid.affine, np.array(list(itertools.product(*ends))))
    low, high = corners.min(axis=0) - 3 * _SHELL_MM, corners.max(axis=0) + 3 * _SHELL_MM
    x, y, z = (int(n) for n in np.ceil((high - low) / _LATTICE_MM))
    affine = np.diag([_LATTICE_MM] * 3 + [1.0])
    affine[:3, 3] = low
    grid = Grid((x, y, z), affine)
    share = resample(mask.with_array(mask.array > 0), grid, smooth=False)
    return Volume((share > 0.5).astype(np.uint8), grid)


def _dice_with_atlas(mask: Volume, to_atlas: Matrix) -> float:
    template = atlas(3.0)[1]
    resampled = resample(mask, template.grid, np.linalg.inv(to_atlas)) > 0.5
    inside = template.array > 0
    return 2 * float((resampled & inside).sum()) / max(float(resampled.sum() + inside.sum()), 1.0)


def _every_other(shape: tuple[int, ...]) -> Array:
    """One place in eight: what shifts and percentiles need."""
    chosen = np.zeros(shape, bool)
    chosen[::2, ::2, ::2] = True
    return chosen


def _places(grid: Grid, where: Array) -> Array:
    return _moved(grid.affine, np.argwhere(where))


def _moved(affine: Matrix, points: Array) -> Array:
    moved: Array = points @ affine[:3, :3].T + affine[:3, 3]
    return moved
