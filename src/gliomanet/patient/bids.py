"""Results of a table of patients as a BIDS derivative dataset: masks, segmentations and images under its names.

The results themselves stay whole, in `sourcedata/`; the files under `sub-<label>/` are theirs under other names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet import __version__
from gliomanet.cohort.table import read_case_rows
from gliomanet.errors import CohortError, Problem
from gliomanet.files.atomic import write_atomically, write_json
from gliomanet.patient.batch import predict_table
from gliomanet.patient.result import NAME, ResultValues, notice, simulated
from gliomanet.tables.io import write_table

VERSION = "1.10.0"
"""Of the specification whose names these are."""

SOURCE = "sourcedata"
DESCRIPTION = "dataset_description.json"
SPACE = "MNI152NLin2009aSym"
"""BIDS' name of nilearn's template."""

MOST_YEARS = 89
"""Ages above are written so: at higher ones a few people can be told (BIDS, as HIPAA)."""

IMAGES = {"t1": "T1w", "t1c": "ce-gadolinium_T1w", "t2": "T2w", "flair": "FLAIR"}
LABELS = ((1, "Necrosis or non-enhancing core"), (2, "Oedema"), (4, "Enhancing tumour"))
WHOLE = ((1, "Whole tumour"),)


def predict_bids(
    bundle: Path, cases: Path, out: Path, *, center: str = "", report: Callable[[str], object], **how: Any
) -> pd.DataFrame:
    """Predict a table of patients, and write the results as a BIDS derivative dataset.

    Args:
        bundle: folder of the bundle.
        cases: see `predict_table`, and so are the others.
        out: folder of the dataset; the results lie below it, in `sourcedata/`, where a further run finds them.
        center: see there.
        report: see there.
        how: see there.

    Returns:
        Its table.

    Raises:
        CohortError: the table cannot be read, two cases have one name in BIDS, or the folder holds another dataset.
    """
    table = read_case_rows(cases, "external", folders=("dicom",)).cases
    labels = labels_of(cases, list(table["case_id"]))
    check_dataset(out)
    for case_id, label in labels.items():
        if label != case_id:
            report(f"BIDS: {case_id} is sub-{label}, since names there are of letters and digits")
    if len(several := table.loc[table["patient_id"].duplicated(keep=False), "case_id"]):
        report(f"BIDS: cases of one patient are subjects of their own: {', '.join(several)}")
    done = predict_table(bundle, cases, out / SOURCE, center=center, report=report, **how)
    finished = list(done.loc[done["status"] == "ok", "case_id"])
    write_dataset(out, {case_id: labels[case_id] for case_id in finished})
    return done


def labels_of(path: Path, case_ids: list[str]) -> dict[str, str]:
    """Case id → its label in BIDS: its letters and digits.

    Raises:
        CohortError: two ids have one label.
    """
    labels = {case_id: re.sub(r"[^A-Za-z0-9]", "", case_id) for case_id in case_ids}
    first: dict[str, str] = {}
    problems = []
    for case_id, label in labels.items():
        if (other := first.setdefault(label.lower(), case_id)) != case_id:
            found = f"would be sub-{label} in BIDS, as {other!r} is: names there are of letters and digits"
            problems.append(Problem(found, "rename one of them", rule="bids_label_twice", file=str(path), case=case_id))
    if problems:
        raise CohortError(problems)
    return labels


def check_dataset(out: Path) -> None:
    """See that the folder is no dataset of somebody else, whose subjects would be replaced.

    Raises:
        CohortError: it is.
    """
    try:
        described = json.loads((out / DESCRIPTION).read_text(encoding="utf-8"))
        own = any(one.get("Name") == "gliomanet" for one in described.get("GeneratedBy", []))
    except FileNotFoundError:
        own = not any(out.glob("sub-*"))
    except (ValueError, AttributeError):
        own = False
    if not own:
        found = "holds a BIDS dataset that gliomanet did not write, or subjects without a description"
        action = "name a new folder for the derivatives, such as derivatives/gliomanet in that dataset"
        raise CohortError([Problem(found, action, file=str(out), rule="bids_of_others")])


def write_dataset(out: Path, labels: Mapping[str, str]) -> None:
    """Write the dataset of finished results anew.

    Args:
        out: its folder, with the results in `sourcedata/<case>`.
        labels: case id → label, of the cases that have one.
    """
    for old in out.glob("sub-*"):
        shutil.rmtree(old)
    results = {case_id: ResultValues.read(out / SOURCE / case_id / NAME) for case_id in labels}
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / DESCRIPTION, _description(results))
    write_atomically(out / "README.md", _readme(results).encode())
    rows = [_participant(case_id, labels[case_id], values) for case_id, values in results.items()]
    columns = {name: None for row in rows for name in row} or {"participant_id": None}
    participants = pd.DataFrame(rows, columns=list(columns)).astype(object)
    write_table(participants.where(participants.notna(), "n/a"), out / "participants.tsv")
    write_json(out / "participants.json", {name: {"Description": _meaning(name)} for name in columns})
    for case_id, values in results.items():
        _write_subject(out, out / SOURCE / case_id, f"sub-{labels[case_id]}", values)


def _write_subject(out: Path, result: Path, subject: str, values: ResultValues) -> None:
    anat = out / subject / "anat"
    anat.mkdir(parents=True)
    for source, name, sidecar in _files(values):
        _link(result / source, anat / f"{subject}_{name}.nii.gz")
        write_json(anat / f"{subject}_{name}.json", {**sidecar, "Sources": [f"bids::{SOURCE}/{result.name}/{source}"]})
        if name.endswith("_dseg"):
            told = values.segmentation is not None and values.segmentation.parts_told
            named = pd.DataFrame(LABELS if told else WHOLE, columns=["index", "name"])
            write_table(named, anat / f"{subject}_{name}.tsv")


def _files(values: ResultValues) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every image: its place in the result, its name after the subject, and what is said beside it."""
    atlas = {"SpatialReference": f"{SPACE}: nilearn's copy, brain box"}
    told = [one.image for one in values.inputs if one.image in IMAGES]
    for modality in told:
        contrast, _, suffix = IMAGES[modality].rpartition("_")
        before = f"{contrast}_" if contrast else ""
        yield (
            f"atlas/{modality}.nii.gz",
            f"{before}space-{SPACE}_desc-preproc_{suffix}",
            {**atlas, "SkullStripped": True},
        )
        native = {"SpatialReference": f"orig: the grid of the {modality} file that was given"}
        yield f"native/{modality}_brain.nii.gz", f"space-orig_desc-{modality}Brain_mask", {**native, "Type": "Brain"}
        if values.segmentation is not None:
            yield f"native/{modality}_tumour.nii.gz", f"space-orig_desc-{modality}Tumor_dseg", native
    yield "atlas/brain_mask.nii.gz", f"space-{SPACE}_desc-brain_mask", {**atlas, "Type": "Brain"}
    if values.segmentation is not None:
        outline = "tumour_mask" if values.segmentation.source == "given" else "segmentation"
        yield f"atlas/{outline}.nii.gz", f"space-{SPACE}_desc-tumor_dseg", atlas


def _link(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the disk knows no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _description(results: Mapping[str, ResultValues]) -> dict[str, Any]:
    bundles = sorted({(one.bundle.title, one.bundle.model, one.bundle.digest) for one in results.values()})
    told = "; ".join(f"model {model} of {title}, bundle {digest}" for title, model, digest in bundles)
    by = {"Name": "gliomanet", "Version": __version__, "Description": told or "no case has a result"}
    return {
        "Name": "gliomanet: outlines and estimates of gliomas; research use only",
        "BIDSVersion": VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [by],
        "SourceDatasets": [{"URL": f"bids::{SOURCE}"}],
    }


def _readme(results: Mapping[str, ResultValues]) -> str:
    phantoms = [simulated().text] if any(one.bundle.simulated for one in results.values()) else []
    return (
        "\n\n".join(["# gliomanet derivatives", notice().text, *phantoms, f"The whole results are in `{SOURCE}/`."])
        + "\n"
    )


def _participant(case_id: str, label: str, values: ResultValues) -> dict[str, Any]:
    age = values.case.age
    row: dict[str, Any] = {
        "participant_id": f"sub-{label}",
        "case_id": case_id,
        "age": None if age is None else min(age, MOST_YEARS),
        "sex": values.case.sex or None,
        "simulated_training": "yes" if values.bundle.simulated else "no",
    }
    for task in values.tasks:
        row[f"{task.task}_answer"] = "abstains" if task.abstains else task.prediction_set[0]
        row |= {f"{task.task}_p_{one.name}": one.probability for one in task.classes}
    if values.segmentation is not None:
        row["tumour_ml"] = values.segmentation.volumes[0].volume_ml
    return row


def _meaning(column: str) -> str:
    known = {
        "participant_id": "Subject",
        "case_id": "Id of the case in the table that was predicted",
        "age": f"Age in years, as told; {MOST_YEARS} stands for higher ones",
        "sex": "Sex, as told: F or M",
        "simulated_training": "yes: the model learnt from phantoms, and its numbers mean nothing for patients",
        "tumour_ml": "Volume of the outlined tumour in ml, oedema included, in the scanner's space",
    }
    task, _, what = column.partition("_p_")
    if what:
        return f"Estimated probability of {task} {what}"
    return known.get(column, f"Class that the model names for {column.removesuffix('_answer')}; abstains: none")
