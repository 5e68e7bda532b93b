"""Preprocessing of one patient: as a centre of the study declares it, or as the images themselves need it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gliomanet.bundle.read import Bundle
from gliomanet.config.preprocessing import Preprocessing
from gliomanet.errors import CaseError, Problem
from gliomanet.imaging.preprocess import preprocess_case
from gliomanet.imaging.record import NAME as RECORD
from gliomanet.patient.answers import NEW
from gliomanet.patient.checks import Patient
from gliomanet.patient.given import Given
from gliomanet.patient.progress import Line
from gliomanet.patient.state import State, check_names, find_state, read_images
from gliomanet.patient.statements.statement import Statement
from gliomanet.patient.statements.statement import state as said
from gliomanet.seeds import derive_seed


@dataclass(frozen=True)
class Prepared:
    """A preprocessed case.

    Attributes:
        found: the state in which its images arrived.
        record: its `preprocess.json`.
    """

    found: tuple[Statement, ...]
    record: dict[str, Any]


def prepare_case(
    bundle: Bundle,
    patient: Patient,
    given: Given,
    case_dir: Path,
    *,
    accept_names: bool,
    report: Callable[[str], object],
) -> Prepared:
    """Bring a patient's images to the atlas.

    Args:
        bundle: whose preprocessing is taken.
        patient: the patient; where a centre of the study is told, its declared settings and seed hold.
        given: the files.
        case_dir: folder for the preprocessed images.
        accept_names: go on where an image looks like another modality than it was given as.
        report: called with a line on each step.

    Raises:
        CaseError: preprocessing refuses an image, or an image looks like another modality.
    """
    files = {name: given.files[name] for name in given.modalities}
    report(Line.at("reading", "reading {images}", images=", ".join(files)))
    images = read_images(patient.case_id, files)
    if patient.center:
        state = State(_declared(bundle, patient.center), (said("prepared.declared", center=patient.center),))
    else:
        state = find_state(images, bundle.preprocessing)
    for one in state.found:
        report(Line.of(one))
    report(Line.at("preprocessing", "preprocessing"))
    center = patient.center or NEW
    row = {name: str(path) for name, path in given.files.items()}
    row |= {"case_id": patient.case_id, "center": center, "mask_codes": patient.mask_codes}
    seed = derive_seed(bundle.description.seed, "preprocess", center, patient.case_id)
    preprocess_case(row, state.settings, case_dir, seed=seed)
    record: dict[str, Any] = json.loads((case_dir / RECORD).read_text(encoding="utf-8"))
    if record["status"] != "ok":
        raise CaseError(Problem(record["reason"], rule=record["rule"]))  # which names the case
    if not accept_names:
        places = {name: np.array(record["transforms"][name]["matrix"]) for name in images}
        check_names(patient.case_id, images, files, places)
    return Prepared(state.found, record)


def _declared(bundle: Bundle, name: str) -> Preprocessing:
    center = bundle.description.centers[name]
    settings = {**bundle.description.preprocessing, **center.preprocessing, "missing_modality": "mark"}
    return Preprocessing.model_validate(settings)
