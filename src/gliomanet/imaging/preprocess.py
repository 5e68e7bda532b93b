"""One case from its files to the atlas grid: the steps, in their order, each switched by the study's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from gliomanet.imaging import alignment, brain, similarity
from gliomanet.imaging.atlas import NAME as ATLAS_NAME
from gliomanet.imaging.atlas import atlas
from gliomanet.imaging.bias import correct_bias
from gliomanet.imaging.errors import CaseError, StudyStopError
from gliomanet.imaging.foreground import Mask
from gliomanet.imaging.output import write_json, write_nifti
from gliomanet.imaging.pictures import draw_case
from gliomanet.imaging.reading import Contrast, read_contrast, read_mask
from gliomanet.imaging.registration import RegistrationError
from gliomanet.imaging.registration import version as ants_version
from gliomanet.imaging.tumour import harmonize_codes
from gliomanet.imaging.volume import Grid, Matrix, Volume, resample, resample_labels
from gliomanet.labels import MODALITIES

if TYPE_CHECKING:
    from gliomanet.study_imaging import Preprocessing

REFERENCE_ORDER = ("t1c", "t2", "flair", "t1")
IMAGES = (*MODALITIES, "brain_mask", "tumour_mask")


@dataclass
class Case:
    """What is known of a case while it passes the steps. Matrices carry RAS mm; arrays are (x, y, z)."""

    row: Mapping[str, str]
    settings: Preprocessing
    seed: int
    contrasts: dict[str, Contrast] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    reference: str = ""
    from_reference: dict[str, Matrix] = field(default_factory=dict)
    brain_mask: Mask | None = None
    tumour: tuple[Volume, str] | None = None
    to_atlas: Matrix | None = None
    extraction: Matrix | None = None
    steps: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    qc: dict[str, Any] = field(default_factory=dict)

    @property
    def case_id(self) -> str:
        return self.row["case_id"]

    @property
    def working_mm(self) -> float:
        """Voxel size that registrations compare at: finer than 2 mm gains nothing that the similarity figures see."""
        return float(min(max(self.settings.spacing_mm, 2.0), 3.0))

    def path(self, column: str) -> Path | None:
        cell = self.row.get(column, "")
        return Path(cell) if isinstance(cell, str) and cell else None


def preprocess_case(case: Mapping[str, str], settings: Preprocessing, out_dir: Path, *, seed: int) -> None:
    """Bring one case onto the atlas grid; leaves `preprocess.json` in any event, and images where its status is `ok`.

    Args:
        case: a row of `results/cohort/<center>.tsv`; "" = missing.
        settings: the centre's preprocessing.
        out_dir: the case's folder; images of an earlier run in it are removed first.
        seed: of the registrations' random sampling; the same seed gives byte-identical files.

    Raises:
        StudyStopError: a contrast is missing and the study refuses that. A case's own defects are not raised: they
            become status `failed` with a reason.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    for name in (*(f"{image}.nii.gz" for image in IMAGES), "qc.png", "preprocess.json"):
        (out_dir / name).unlink(missing_ok=True)
    work = Case(case, settings, seed)
    missing = [name for name in MODALITIES if work.path(name) is None]
    try:
        if missing and settings.missing_contrast != "mark":
            policy = f"missing_contrast is {settings.missing_contrast}"
            reason = f"case {work.case_id}: contrasts missing: {', '.join(missing)}; {policy}"
            status = "dropped" if settings.missing_contrast == "drop" else "failed"
            _record(work, out_dir, status, reason)
            if status == "failed":
                raise StudyStopError(
                    f"{reason}: supply the files, or set preprocessing.missing_contrast to drop or mark"
                )
            return
        _run(work, out_dir)
    except CaseError as error:
        _record(work, out_dir, "failed", str(error))
    except RegistrationError as error:
        _record(
            work, out_dir, "failed", f"case {work.case_id}: {error}; look whether its images show the same head at all"
        )


def _run(work: Case, out_dir: Path) -> None:
    _read(work)
    _correct_bias(work)
    _coregister(work)
    _extract_brain(work)
    _fit_atlas(work)
    images = _to_atlas_grid(work)
    for name, volume in images.items():
        write_nifti(volume, out_dir / f"{name}.nii.gz")
    _record(work, out_dir, "ok", "")
    draw_case(out_dir)


# ------------------------------------------------------------------------------------------------ steps


def _read(work: Case) -> None:
    paths = {name: path for name in MODALITIES if (path := work.path(name)) is not None}
    if not paths:
        raise CaseError(f"case {work.case_id}: no contrast at all; at least one of {', '.join(MODALITIES)} is needed")
    missing = [name for name in MODALITIES if name not in paths]
    if missing:
        work.steps.append(f"missing: {', '.join(missing)}; marked absent")
    for name, path in paths.items():
        work.contrasts[name] = read_contrast(path, work.case_id, name)
        work.volumes[name] = work.contrasts[name].volume
        work.steps += work.contrasts[name].notes
    wanted = work.settings.reference
    work.reference = next(name for name in (wanted, *REFERENCE_ORDER) if name in paths)
    if work.reference != wanted:
        work.steps.append(f"reference: {work.reference}, because {wanted} is missing")
    tumour_path = work.path("tumour_mask")
    if tumour_path is not None:
        mask, home = read_mask(tumour_path, work.case_id, "tumour_mask", _grids(work))
        mask, how = harmonize_codes(mask, work.case_id, tumour_path)
        work.tumour = mask, home
        work.steps.append(f"tumour_mask: on the grid of {home}; {how}")
        if not mask.array.any():
            work.flags.append("tumour mask is empty")
    if work.settings.brain_extraction == "none":
        for name, volume in work.volumes.items():
            if (why := brain.why_not_stripped(volume)) is not None:
                raise CaseError(
                    f"case {work.case_id}: {name} ({paths[name]}) is declared stripped (brain_extraction: none), "
                    f"but {why}; set brain_extraction to builtin or supplied for this centre"
                )


def _correct_bias(work: Case) -> None:
    if not work.settings.bias_correction:
        work.steps.append("N4: off")
        return
    for name, volume in work.volumes.items():
        work.volumes[name] = volume.with_array(correct_bias(volume))
    work.steps.append("N4: every contrast")


def _coregister(work: Case) -> None:
    fixed = work.volumes[work.reference]
    work.from_reference[work.reference] = np.eye(4)
    for name, volume in work.volumes.items():
        if name == work.reference:
            continue
        if work.settings.coregistration:
            work.from_reference[name] = alignment.coregister(fixed, volume, work.working_mm, seed=work.seed)
            continue
        work.from_reference[name] = np.eye(4)
        if (why := alignment.misalignment(fixed, volume)) is not None:
            raise CaseError(
                f"case {work.case_id}: {name} ({work.path(name)}) and {work.reference} "
                f"({work.path(work.reference)}) are declared aligned (coregistration: false), but {why}; set "
                "coregistration to true for this centre"
            )
    how = "rigid, each contrast to" if work.settings.coregistration else "declared and checked, with"
    work.steps.append(f"alignment: {how} {work.reference}")


def _extract_brain(work: Case) -> None:
    reference, kind = work.volumes[work.reference], work.settings.brain_extraction
    if kind == "builtin":
        name = _atlas_contrast(work)
        extracted = brain.extract_brain(_on_reference(work, name), seed=work.seed)
        work.brain_mask, work.to_atlas = extracted.mask, extracted.atlas_matrix
        work.extraction = extracted.atlas_matrix
        work.steps.append(f"brain: built-in, atlas to {name}")
    elif kind == "supplied":
        path = work.path("brain_mask")
        if path is None:
            raise CaseError(
                f"case {work.case_id}: brain_mask is empty, and brain_extraction is supplied; name the mask's file "
                "in the case table, or set brain_extraction to builtin or none"
            )
        mask, home = read_mask(path, work.case_id, "brain_mask", _grids(work))
        carried = resample(mask.with_array(mask.array > 0), reference.grid, work.from_reference[home])
        work.brain_mask = carried > 0.5
        work.steps.append(f"brain: supplied, on the grid of {home}")
    else:
        aligned = [v for name, v in work.volumes.items() if name == work.reference or not work.settings.coregistration]
        work.brain_mask = brain.stripped_outline(aligned)
        work.steps.append("brain: outline of the stripped images")
    volume_ml = float(work.brain_mask.sum()) * reference.grid.voxel_ml
    if (why := brain.why_no_brain(volume_ml)) is not None:
        source = work.path("brain_mask") if kind == "supplied" else work.path(work.reference)
        raise CaseError(
            f"case {work.case_id}: no brain found ({kind}, {source}): {why}; look at the image, or supply another mask"
        )
    work.qc["brain_volume_ml"] = volume_ml


def _fit_atlas(work: Case) -> None:
    assert work.brain_mask is not None
    if work.settings.atlas_registration == "none":
        work.to_atlas = np.eye(4)
        template_mask = atlas(3.0)[1]
        carried = (
            resample(Volume(work.brain_mask.astype(np.float32), work.volumes[work.reference].grid), template_mask.grid)
            > 0.5
        )
        overlap = (
            2 * float((carried & (template_mask.array > 0)).sum()) / float(carried.sum() + template_mask.array.sum())
        )
        if overlap < 0.7:
            raise CaseError(
                f"case {work.case_id}: {work.path(work.reference)} is declared to lie in atlas space "
                f"(atlas_registration: none), but its brain's Dice overlap with the atlas is "
                f"{overlap:.2f}; allowed: at least 0.7; set it to affine"
            )
        work.steps.append(f"atlas: declared in the space of {ATLAS_NAME}, Dice {overlap:.2f}")
        return
    name = _atlas_contrast(work)
    if work.to_atlas is None or work.working_mm < 3:
        work.to_atlas = brain.fit_atlas(
            _on_reference(work, name), work.brain_mask, work.working_mm, seed=work.seed, initial=work.to_atlas
        )
    work.steps.append(f"atlas: affine of {name} to {ATLAS_NAME}")


def _to_atlas_grid(work: Case) -> dict[str, Volume]:
    assert work.brain_mask is not None
    assert work.to_atlas is not None
    template, template_mask = atlas(work.settings.spacing_mm)
    grid, reference = template.grid, work.volumes[work.reference]
    from_atlas = np.linalg.inv(work.to_atlas)
    if work.extraction is not None:
        # The atlas' own smooth mask: by way of thick native slices it would come out in steps.
        inside = resample(atlas(1.0)[1], grid, work.extraction @ from_atlas) > 0.5
    else:
        inside = resample(Volume(work.brain_mask.astype(np.float32), reference.grid), grid, from_atlas) > 0.5
    if not inside.any():
        raise CaseError(
            f"case {work.case_id}: its brain lies outside the atlas grid; look at the header of "
            f"{work.path(work.reference)}"
        )
    images: dict[str, Volume] = {}
    on_grid: dict[str, np.ndarray[Any, Any]] = {}
    for name, volume in work.volumes.items():
        matrix = work.from_reference[name] @ from_atlas
        on_grid[name] = resample(volume, grid, matrix)
        covered = inside & (resample(volume.with_array(np.ones(volume.grid.shape, np.float32)), grid, matrix) > 0.5)
        share = float(covered.sum()) / float(inside.sum())
        work.qc[f"coverage_{name}"] = share
        if share < 0.5:
            raise CaseError(
                f"case {work.case_id}: {name} ({work.path(name)}) covers {share:.0%} of the brain; at least 50 % is "
                "needed; leave its cell empty, or look whether it shows the same head"
            )
        if share < 0.95:
            work.flags.append(f"{name} covers {share:.0%} of the brain")
        images[name] = Volume(_normalized(on_grid[name], covered, work.settings.normalization), grid)
    images["brain_mask"] = Volume(inside.astype(np.uint8), grid)
    if work.tumour is not None:
        mask, home = work.tumour
        images["tumour_mask"] = Volume(resample_labels(mask, grid, work.from_reference[home] @ from_atlas), grid)
        work.qc["tumour_volume_ml"] = float((mask.array > 0).sum()) * mask.grid.voxel_ml
        found = images["tumour_mask"].array > 0
        if found.any() and (share := float((found & inside).sum()) / float(found.sum())) < 0.8:
            work.flags.append(f"{1 - share:.0%} of the tumour lies outside the brain")
    work.steps.append(f"resampled once to {work.settings.spacing_mm:g} mm: images linear, masks by largest share")
    work.steps.append(f"intensities: {work.settings.normalization} inside the brain, 0 outside")
    alike = similarity.normalized_mutual_information
    both = inside & (template_mask.array > 0)
    before = resample(reference, grid, _centred(work))
    work.qc["similarity"] = similarity.NAME
    work.qc["atlas_similarity_before"] = alike(template.array, before, template_mask.array > 0)
    work.qc["atlas_similarity"] = alike(template.array, on_grid[work.reference], both)
    for name in work.volumes:
        if name != work.reference:
            unmoved = resample(work.volumes[name], grid, from_atlas)
            work.qc[f"similarity_{name}_before"] = alike(on_grid[work.reference], unmoved, inside)
            work.qc[f"similarity_{name}"] = alike(on_grid[work.reference], on_grid[name], inside)
    return images


# ------------------------------------------------------------------------------------------------ parts


def _normalized(array: np.ndarray[Any, Any], inside: Mask, how: str) -> np.ndarray[Any, Any]:
    """Intensities inside the brain, 0 outside; with `zscore` of mean 0 and standard deviation 1, the latter floored."""
    values = array[inside].astype(np.float64)
    if how == "zscore":
        values -= values.mean()
        values /= max(float(values.std()), 1e-6)
    normalized = np.zeros(array.shape, np.float32)
    normalized[inside] = values
    return normalized


def _centred(work: Case) -> Matrix:
    """Atlas RAS mm → reference RAS mm by nothing but the brains' centres: where a case stands before registration."""
    assert work.brain_mask is not None
    reference = work.volumes[work.reference]
    _, template_mask = atlas(work.settings.spacing_mm)
    shift = np.eye(4)
    shift[:3, 3] = alignment.centre_of_mass(reference.with_array(work.brain_mask.astype(np.float32)))
    shift[:3, 3] -= alignment.centre_of_mass(template_mask)
    return shift


def _atlas_contrast(work: Case) -> str:
    """The contrast compared with the atlas: T1, as the template is, where there is one."""
    return "t1" if "t1" in work.volumes else work.reference


def _on_reference(work: Case, name: str) -> Volume:
    """A contrast on the reference's grid, to measure on: what is written is resampled once, from its own voxels."""
    reference = work.volumes[work.reference]
    if name == work.reference:
        return reference
    return Volume(resample(work.volumes[name], reference.grid, work.from_reference[name]), reference.grid)


def _grids(work: Case) -> dict[str, Grid]:
    order = [work.reference, *(name for name in work.volumes if name != work.reference)]
    return {name: work.volumes[name].grid for name in order}


def _record(work: Case, out_dir: Path, status: str, reason: str) -> None:
    transforms: dict[str, Any] = {}
    if status == "ok":
        assert work.to_atlas is not None
        grid = atlas(work.settings.spacing_mm)[0].grid
        from_atlas = np.linalg.inv(work.to_atlas)
        transforms = {
            "convention": "matrix: RAS mm of the atlas → RAS mm of the contrast's file; affine: voxel index → RAS mm",
            "atlas": {"shape": list(grid.shape), "affine": grid.affine.tolist()},
            **{
                name: {
                    "matrix": (work.from_reference[name] @ from_atlas).tolist(),
                    "shape": list(contrast.file_grid.shape),
                    "affine": contrast.file_grid.affine.tolist(),
                    "orientation": contrast.orientation,
                }
                for name, contrast in work.contrasts.items()
            },
        }
    record = {
        "case_id": work.case_id,
        "center": work.row.get("center", ""),
        "status": status,
        "reason": reason,
        "reference": work.reference,
        "contrasts": list(work.volumes),
        "steps": work.steps,
        "transforms": transforms,
        "versions": {
            "antspyx": ants_version(),
            "nibabel": nib.__version__,
            "numpy": np.__version__,
            "atlas": ATLAS_NAME,
        },
        "qc": {**{key: _rounded(value) for key, value in work.qc.items()}, "flags": work.flags},
    }
    write_json(record, out_dir / "preprocess.json")


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
