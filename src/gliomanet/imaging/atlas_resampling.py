"""The one resampling: each modality and mask from its native voxels to the atlas grid, with the metrics to judge it."""

from __future__ import annotations

import numpy as np

from gliomanet.errors import CaseError
from gliomanet.imaging.brain_extraction.extraction import resample_mask
from gliomanet.imaging.case import Case
from gliomanet.imaging.foreground import Mask
from gliomanet.imaging.normalization import normalize
from gliomanet.imaging.registration import similarity
from gliomanet.imaging.registration.atlas import NAME as ATLAS_NAME
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.registration.atlas_registration import (
    LEAST_OVERLAP,
    centred,
    overlap_with_atlas,
    register_to_atlas,
)
from gliomanet.imaging.volume import Array, Grid, Matrix, Volume, resample, resample_labels

LEAST_COVERAGE = 0.5
_FULL_COVERAGE = 0.95
_LEAST_TUMOUR_INSIDE = 0.8
_THICK_MM = 2.0
_MEASURED_MM = 1.8


def fit_case(work: Case) -> None:
    """Find where the reference lies in atlas space, or check that it lies there as it is.

    Raises:
        CaseError: declared in atlas space, and elsewhere.
        RegistrationError: nothing to hold on to.
    """
    kind, reference = work.settings.atlas_registration, work.volumes[work.reference]
    if kind == "none":
        work.to_atlas = np.eye(4)
        overlap = overlap_with_atlas(reference.with_array(work.brain.astype(np.float32)))
        if overlap < LEAST_OVERLAP:
            found = (
                "is declared to lie in atlas space (atlas_registration: none), but its brain's Dice overlap with the "
                f"atlas is {overlap:.2f}; allowed: at least {LEAST_OVERLAP}"
            )
            action = "set atlas_registration to affine for this centre"
            raise CaseError(work.problem(found, action, "not_in_atlas_space", image=work.reference))
        work.steps.append(f"atlas: declared in the space of {ATLAS_NAME}, Dice {overlap:.2f}")
        return
    name = work.atlas_modality
    work.to_atlas = register_to_atlas(work.on_reference(name), work.brain, kind, initial=work.to_atlas)
    work.steps.append(f"atlas: {kind} of {name} to {ATLAS_NAME}")


def resample_case(work: Case) -> dict[str, Volume]:
    """File stem → final image on the study's atlas grid.

    Raises:
        CaseError: the brain lies outside the grid, or a modality shows less than half of it.
    """
    grid, reference = atlas(work.settings.spacing_mm)[0].grid, work.volumes[work.reference]
    from_atlas = np.linalg.inv(work.atlas_matrix)
    inside = _brain_on(grid, work, from_atlas)
    if not inside.any():
        found, action = "its brain lies outside the atlas grid", f"look at the header of {work.path(work.reference)}"
        raise CaseError(work.problem(found, action, "brain_outside_atlas_grid"))
    images: dict[str, Volume] = {}
    on_grid: dict[str, Array] = {}
    for name, volume in work.volumes.items():
        matrix = work.from_reference[name] @ from_atlas
        covered = inside & volume.grid.shows(grid, matrix)
        _check_coverage(work, name, float(covered.sum()) / float(inside.sum()))
        on_grid[name] = resample(volume, grid, matrix)
        normalized = normalize(on_grid[name], covered, work.settings.normalization, name)
        if normalized.flag is not None:
            work.flag(normalized.flag)
            work.steps.append(normalized.flag)
        work.scales[name] = {"offset": normalized.offset, "scale": normalized.scale}
        images[name] = Volume(normalized.array, grid)
    images["brain_mask"] = Volume(inside.astype(np.uint8), grid)
    if work.tumour is not None:
        images["tumour_mask"] = Volume(_tumour_on(grid, work, from_atlas, inside), grid)
    work.steps.append(f"resampled once to {work.settings.spacing_mm:g} mm: images linear, masks by largest share")
    work.steps.append(f"intensities: {work.settings.normalization} inside the brain, 0 outside")
    _measure(work, grid, on_grid, inside, reference, from_atlas)
    return images


def _brain_on(grid: Grid, work: Case, from_atlas: Matrix) -> Mask:
    home = work.volumes[work.reference].grid
    if max(home.spacing) > _THICK_MM:
        return resample_mask(work.brain, home, grid, from_atlas)
    resampled: Mask = resample(Volume(work.brain, home), grid, from_atlas) > 0.5
    return resampled


def _check_coverage(work: Case, name: str, share: float) -> None:
    work.qc[f"coverage_{name}"] = share
    if share < LEAST_COVERAGE:
        found = f"covers {share:.0%} of the brain; at least 50 % is needed"
        action = "leave its cell empty, or look whether it shows the same head"
        raise CaseError(work.problem(found, action, "brain_not_covered", image=name))
    if share < _FULL_COVERAGE:
        work.flag(f"{name} covers {share:.0%} of the brain", metric="coverage")


def _tumour_on(grid: Grid, work: Case, from_atlas: Matrix, inside: Mask) -> Array:
    assert work.tumour is not None
    mask, home = work.tumour
    resampled = resample_labels(mask, grid, work.from_reference[home] @ from_atlas)
    work.qc["tumour_volume_ml"] = float((mask.array > 0).sum()) * mask.grid.voxel_ml
    found = resampled > 0
    if found.any() and (share := float((found & inside).sum()) / float(found.sum())) < _LEAST_TUMOUR_INSIDE:
        work.flag(f"{1 - share:.0%} of the tumour lies outside the brain", metric="tumour_outside_brain")
    return resampled


def _measure(
    work: Case, grid: Grid, on_grid: dict[str, Array], inside: Mask, reference: Volume, from_atlas: Matrix
) -> None:
    """Similarities before and after each registration, on every other voxel where voxels are small."""
    step = 2 if grid.spacing[0] <= _MEASURED_MM else 1
    sparse, every = _every(grid, step), (slice(None, None, step),) * 3
    template, template_mask = (volume.array[every] for volume in atlas(work.settings.spacing_mm))
    within, fixed = inside[every], on_grid[work.reference][every]
    alike = similarity.normalized_mutual_information
    before = resample(reference, sparse, centred(reference.with_array(work.brain)), smooth=False)
    work.qc["similarity"] = similarity.NAME
    work.qc["atlas_similarity_before"] = alike(template, before, template_mask > 0)
    work.qc["atlas_similarity"] = alike(template, fixed, within & (template_mask > 0))
    for name in work.volumes:
        if name == work.reference:
            continue
        after = work.qc[f"similarity_{name}"] = alike(fixed, on_grid[name][every], within)
        if np.array_equal(work.from_reference[name], np.eye(4)):
            work.qc[f"similarity_{name}_before"] = after
        else:
            unmoved = resample(work.volumes[name], sparse, from_atlas, smooth=False)
            work.qc[f"similarity_{name}_before"] = alike(fixed, unmoved, within)


def _every(grid: Grid, step: int) -> Grid:
    """The grid of every `step`-th voxel along each axis."""
    affine = grid.affine.copy()
    affine[:3, :3] *= step
    x, y, z = (-(-n // step) for n in grid.shape)
    return Grid((x, y, z), affine)
