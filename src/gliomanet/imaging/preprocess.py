"""One case from its files to the atlas grid: the steps, in their order, each switched by the study's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gliomanet.errors import CaseError, Problem, RegistrationError, StudyStopError
from gliomanet.files.nifti import write_nifti
from gliomanet.files.storage import refuse_where_full
from gliomanet.imaging.atlas_resampling import fit_case, resample_case
from gliomanet.imaging.bias_correction import log_bias_field, without_bias
from gliomanet.imaging.brain_extraction import extraction as brain
from gliomanet.imaging.brain_extraction.external_tools import extract_with
from gliomanet.imaging.case import REFERENCE_ORDER, Case
from gliomanet.imaging.file_notes import Note
from gliomanet.imaging.foreground import Mask
from gliomanet.imaging.mask_codes import contradiction, harmonize_codes, parts_told
from gliomanet.imaging.modality_check.of_case import flag_doubts
from gliomanet.imaging.quality.metrics import quality_metrics
from gliomanet.imaging.quality.saved_evidence import NAME as EVIDENCE
from gliomanet.imaging.quality.saved_evidence import save_evidence
from gliomanet.imaging.reading import read_mask, read_modality
from gliomanet.imaging.record import NAME as RECORD
from gliomanet.imaging.record import write_record
from gliomanet.imaging.registration import coregistration
from gliomanet.imaging.resampling import occupied
from gliomanet.imaging.volume import Volume, resample
from gliomanet.mask_conventions import convention_of
from gliomanet.modalities import MODALITIES

if TYPE_CHECKING:
    from gliomanet.config.preprocessing import Preprocessing

IMAGES = (*MODALITIES, "brain_mask", "tumour_mask")


def preprocess_case(case: Mapping[str, str], settings: Preprocessing, out_dir: Path, *, seed: int) -> None:
    """Bring one case onto the atlas grid; leaves `preprocess.json` in any event, and images where its status is `ok`.

    Args:
        case: a row of `results/cohort/<center>.tsv`; "" = missing. One without any modality may say why under
            `failure`, which then is the reason that is recorded.
        settings: the centre's preprocessing.
        out_dir: the case's folder; images of an earlier run in it are removed first.
        seed: of the registrations' random sampling; the same seed gives byte-identical files.

    Raises:
        StudyStopError: a modality is missing and the study refuses that. A case's own defects are not raised: they
            become status `failed` with a reason.
        StorageError: a disk does not take or give its files, which is no defect of the case.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    for name in (*(f"{image}.nii.gz" for image in IMAGES), EVIDENCE, RECORD):
        (out_dir / name).unlink(missing_ok=True)
    work = Case(case, settings, seed)
    missing = [name for name in MODALITIES if work.path(name) is None]
    try:
        if len(missing) == len(MODALITIES) and case.get("failure"):
            # Its conversion from DICOM said why, in a sentence that names the case.
            raise CaseError(Problem(case["failure"], rule="not_converted"))
        if missing and settings.missing_modality != "mark":
            found = f"modalities missing: {', '.join(missing)}; missing_modality is {settings.missing_modality}"
            problem = Problem(found, case=work.case_id, rule="modality_missing")
            dropped = settings.missing_modality == "drop"
            write_record(work, out_dir, "dropped" if dropped else "failed", problem)
            if not dropped:
                action = "supply the files, or set preprocessing.missing_modality to drop or mark"
                raise StudyStopError(problem.at(action=action))
            return
        _run(work, out_dir)
    except CaseError as error:
        refuse_where_full(out_dir)
        write_record(work, out_dir, "failed", error.problem)
    except RegistrationError as error:
        refuse_where_full(out_dir)
        action = "look whether its images show the same head at all"
        problem = Problem(str(error), action, case=work.case_id, rule="registration_failed")
        write_record(work, out_dir, "failed", problem)


def _run(work: Case, out_dir: Path) -> None:
    _read(work)
    _correct_bias(work)
    _coregister(work)
    _extract_brain(work)
    _refine(work)
    fit_case(work)
    flag_doubts(work)
    images = resample_case(work)
    for name, volume in images.items():
        write_nifti(volume.array, volume.grid.affine, out_dir / f"{name}.nii.gz")
    evidence = work.evidence(images)
    work.qc |= quality_metrics(evidence)
    # Pictures are drawn by a job of their own, from what is kept here and the files.
    save_evidence(replace(evidence, metrics=dict(work.qc)), work.log_fields, out_dir)
    write_record(work, out_dir, "ok")


def _read(work: Case) -> None:
    paths = {name: path for name in MODALITIES if (path := work.path(name)) is not None}
    if not paths:
        action = f"at least one of {', '.join(MODALITIES)} is needed"
        raise CaseError(Problem("no modality at all", action, case=work.case_id, rule="no_modality"))
    missing = [name for name in MODALITIES if name not in paths]
    if missing:
        work.steps.append(f"missing: {', '.join(missing)}; marked absent")
    for name, path in paths.items():
        work.modalities[name] = read_modality(path, work.case_id, name)
        work.volumes[name] = work.modalities[name].volume
        work.take(work.modalities[name].notes)
    work.qc["background"] = {name: modality.background for name, modality in work.modalities.items()}
    work.qc["sizes"] = {
        name: {
            "shape": list(modality.file_grid.shape),
            "spacing_mm": list(modality.file_grid.spacing),
            "orientation": modality.orientation,
        }
        for name, modality in work.modalities.items()
    }
    wanted = work.settings.reference
    work.reference = next(name for name in (wanted, *REFERENCE_ORDER) if name in paths)
    if work.reference != wanted:
        work.steps.append(f"reference: {work.reference}, because {wanted} is missing")
    tumour_path = work.path("tumour_mask")
    if tumour_path is not None:
        notes: list[Note] = []
        raw, home = read_mask(tumour_path, work.case_id, "tumour_mask", work.grids(), notes)
        work.take(note for note in notes if note.severity == "warning")
        convention = convention_of(work.row.get("mask_codes", ""))
        mask, how = harmonize_codes(raw, work.case_id, tumour_path, convention)
        work.tumour, work.tumour_parts_told = (mask, home), parts_told(raw, convention)
        if (problem := contradiction(raw, convention)) is not None:
            work.flag(f"tumour mask may mean something else: {problem.found}; {problem.action}")
        work.steps.append(f"tumour_mask: on the grid of {home}; {how}")
        if not mask.array.any():
            work.flag("tumour mask is empty")
    if work.settings.brain_extraction == "none":
        for name, volume in work.volumes.items():
            if (why := brain.why_not_stripped(volume)) is not None:
                found = f"is declared stripped (brain_extraction: none), but {why}"
                action = "set brain_extraction to builtin or supplied for this centre"
                raise CaseError(work.problem(found, action, "stripped_but_is_not", image=name))


def _correct_bias(work: Case) -> None:
    if not work.settings.bias_correction:
        work.steps.append("N4: off")
        return
    for name, volume in work.volumes.items():
        work.log_fields[name] = log_bias_field(volume)
        work.volumes[name] = volume.with_array(without_bias(volume, work.log_fields[name]))
    work.steps.append("N4: every modality")


def _coregister(work: Case) -> None:
    fixed = work.volumes[work.reference]
    work.from_reference[work.reference] = np.eye(4)
    for name, volume in work.volumes.items():
        if name == work.reference:
            continue
        if work.settings.coregistration:
            work.from_reference[name] = coregistration.coregister(fixed, volume)
            continue
        work.from_reference[name] = np.eye(4)
        if (problem := coregistration.misalignment(fixed, volume)) is not None:
            found = (
                f"is declared aligned with {work.reference} ({work.path(work.reference)}; coregistration: false), "
                f"but {problem.found}"
            )
            action = "set coregistration to true for this centre"
            raise CaseError(work.problem(found, action, problem.rule, image=name))
    how = "rigid, each modality to" if work.settings.coregistration else "declared and checked, with"
    work.steps.append(f"coregistration: {how} {work.reference}")


def _extract_brain(work: Case) -> None:
    reference, kind = work.volumes[work.reference], work.settings.brain_extraction
    if kind == "builtin":
        name = work.atlas_modality
        others = {other: work.on_reference(other) for other in work.volumes if other != name}
        extracted = brain.extract_brain(work.on_reference(name), seed=work.seed, others=others)
        work.brain_mask, work.to_atlas = extracted.mask, extracted.atlas_matrix
        work.steps.append(f"brain: built-in, atlas to {name}")
    elif kind == "hd-bet" or kind == "synthstrip":
        # As scanned: the programs were trained on images without bias correction.
        scanned = work.modalities[work.reference].volume
        work.brain_mask = extract_with(kind, scanned, work.case_id)
        work.steps.append(f"brain: {kind} on {work.reference}")
    elif kind == "supplied":
        work.brain_mask = _supplied_mask(work)
    else:
        aligned = [v for name, v in work.volumes.items() if name == work.reference or not work.settings.coregistration]
        work.brain_mask = _outline(aligned)
        work.steps.append("brain: outline of the stripped images")
    volume_ml = float(work.brain.sum()) * reference.grid.voxel_ml
    why = brain.why_no_brain(volume_ml)
    if why is None and kind not in ("supplied", "none"):
        why = brain.why_no_signal(reference, work.brain)
    if why is not None:
        source = work.path("brain_mask") if kind == "supplied" else work.path(work.reference)
        found, action = f"no brain found ({kind}, {source}): {why}", "look at the image, or supply another mask"
        raise CaseError(work.problem(found, action, "no_brain_found"))
    work.qc["brain_volume_ml"] = volume_ml


def _outline(modalities: list[Volume]) -> Mask:
    """`stripped_outline`, looked for in the box of what is not background alone."""
    boxes = [occupied(volume.array, np.ones(3, int)) for volume in modalities]
    x, y, z = (
        slice(min(side.start for side in sides), max(side.stop for side in sides)) for sides in zip(*boxes, strict=True)
    )
    outline = np.zeros(modalities[0].grid.shape, bool)
    outline[x, y, z] = brain.stripped_outline(
        [Volume.of(volume.array[x, y, z], volume.grid.affine) for volume in modalities]
    )
    return outline


def _supplied_mask(work: Case) -> Mask:
    path = work.path("brain_mask")
    if path is None:
        found = "brain_mask is empty, and brain_extraction is supplied"
        action = "name the mask's file in the case table, or set brain_extraction to builtin or none"
        raise CaseError(work.problem(found, action, "no_brain_mask"))
    notes: list[Note] = []
    mask, home = read_mask(path, work.case_id, "brain_mask", work.grids(), notes)
    work.take(note for note in notes if note.severity == "warning")
    work.steps.append(f"brain: supplied, on the grid of {home}")
    if home == work.reference:
        return mask.array > 0
    present = mask.with_array((mask.array > 0).astype(np.float32))
    resampled: Mask = resample(present, work.volumes[work.reference].grid, work.from_reference[home]) > 0.5
    return resampled


def _refine(work: Case) -> None:
    """Fit each modality again by the brain alone, and flag one that still would fit better elsewhere."""
    if not work.settings.coregistration:
        return
    fixed = work.volumes[work.reference]
    for name, volume in work.volumes.items():
        if name == work.reference:
            continue
        matrix = coregistration.refine(fixed, volume, work.brain, work.from_reference[name])
        work.from_reference[name] = matrix
        found = coregistration.drift(fixed, volume, matrix, work.brain)
        if (why := coregistration.why_astray(found)) is not None:
            work.flag(f"{name} may not lie on {work.reference}: {why}")
