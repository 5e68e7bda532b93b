"""A phantom centre as files: images, masks, and the table of its cases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.files.nifti import SCANNER, write_nifti
from gliomanet.modalities import MODALITIES
from gliomanet.phantom.anatomy import draw_anatomy
from gliomanet.phantom.modalities import true_signals
from gliomanet.phantom.patients import Patient, plan_center
from gliomanet.phantom.scanner import Image, acquire
from gliomanet.phantom.seeds import generator
from gliomanet.phantom.tumour import grow_tumour
from gliomanet.tables.cohort import PHANTOM_CASES

if TYPE_CHECKING:
    from gliomanet.config.sources import PhantomSource


def simulate_center(
    center_id: str,
    source: PhantomSource,
    seed: int,
    out_dir: Path,
    report: Callable[[str], object] = print,
) -> None:
    """Write a centre's images and `cases.tsv` (file names relative to `out_dir`; missing = empty).

    Args:
        center_id: the centre's key in the study.
        source: its patients and its scanner.
        seed: the study's seed; equal arguments give equal bytes.
        out_dir: folder to write to, made where it is not there.
        report: called with one line per case.
    """
    patients = plan_center(center_id, source, seed)
    rows = []
    for patient in patients:
        images = simulate_case(center_id, patient, source, seed)
        files = {name: f"{patient.case_id}/{name}.nii.gz" for name in images}
        for name, image in images.items():
            write_image(image, out_dir / files[name])
        rows.append(case_row(patient, files))
        report(f"{patient.case_id} ({patient.index} of {source.cases}): {', '.join(images)}")
    out_dir.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows, columns=PHANTOM_CASES.names())
    table.to_csv(out_dir / "cases.tsv", sep="\t", index=False, lineterminator="\n", encoding="utf-8")


def simulate_case(center_id: str, patient: Patient, source: PhantomSource, seed: int) -> dict[str, Image]:
    """One patient's images by name: the modalities that are not missing, and `tumour_mask`."""
    appearance = patient.appearance
    rng = {part: generator(seed, center_id, patient.index, part) for part in ("anatomy", "tumour", "signal", "scanner")}
    anatomy = draw_anatomy(patient.location_mm, appearance.mass_effect_mm, source.scanner.skull, rng["anatomy"])
    tumour = grow_tumour(anatomy, patient.location_mm, appearance, patient.site.endswith("-cortical"), rng["tumour"])
    signals = true_signals(anatomy, tumour, appearance, flair_mark(patient, source), rng["signal"])
    images = acquire(signals, anatomy, tumour, source.scanner, rng["scanner"])
    return {name: image for name, image in images.items() if name not in patient.missing_modalities}


def flair_mark(patient: Patient, source: PhantomSource) -> float:
    """Signal that the centre's shortcut adds to this patient's FLAIR inside the tumour, white matter = 1."""
    shortcut = source.shortcut
    if shortcut is None or getattr(patient.state, shortcut.label) != shortcut.value:
        return 0.0
    return shortcut.strength


def write_image(image: Image, path: Path) -> None:
    """Write an image as NIfTI, in the scanner's coordinates; its bytes depend on the image alone."""
    write_nifti(image.voxels, image.affine, path, sform_code=SCANNER, qform_code=SCANNER)


def case_row(patient: Patient, files: dict[str, str]) -> dict[str, object]:
    """A patient's row of `cases.tsv`; `files` by image, what is not there is missing."""
    labels = {name: "" if name in patient.missing_labels else value for name, value in patient.state._asdict().items()}
    images = {name: files.get(name, "") for name in (*MODALITIES, "tumour_mask")}
    return {
        "case_id": patient.case_id,
        "patient_id": patient.patient_id,
        **images,
        "brain_mask": "",
        **labels,
        "age": patient.age,
        "sex": patient.sex,
    }
