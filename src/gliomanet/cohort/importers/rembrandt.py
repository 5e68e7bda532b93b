"""REMBRANDT (The Cancer Imaging Archive, 10.7937/K9/TCIA.2015.588OZUZB): grade only, 130 patients.

Layout, as its segmented release has it: `<id>_<date>/<id>_<date>_{t1,t1ce,t2,flair}_LPS_rSRI.nii.gz` with
`…_GlistrBoost_out.nii.gz`, ids `900-00-5303` and `HF1318`, dates `2005.03.24`. Modalities are on SRI24's grid.
`WHO_GRADE` is II, III or IV; the collection does not say by which edition (patients of 2004 to 2006).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gliomanet.cohort.importers.clinical import RAW, no_mapping, unmatched
from gliomanet.cohort.importers.exam import Collection, Exam, later_are_follow_ups
from gliomanet.cohort.importers.headers import USUAL, called, find_table, rows_by_id, workbooks
from gliomanet.cohort.importers.tree import Pattern, read_tree

_ID = re.compile(r"(900[-_.]00[-_.]\d+|HF[-_]?\d+(?:\.\d+)?)(_\d{4}\.\d{2}\.\d{2})?", re.IGNORECASE)
_CASE = r"(?P<case>(?i:900-00-\d+|HF-?\d+(?:\.\d+)?)(?:_\d{4}\.\d{2}\.\d{2})?)"
_TABLE = re.compile(r".*rembrandt.*|.*clinical.*", re.IGNORECASE)
_WANTED = {
    "id": ("SUBJECT_ID", "Sample", "Sample ID", "Patient ID", "Patient", "Subject", "case_id", "ID"),
    "grade": ("WHO_GRADE", *USUAL["grade"]),
    "age": ("AGE", "AGE_AT_DIAGNOSIS", "Age (years)"),
    "sex": USUAL["sex"],
    "diagnosis": ("DISEASE_TYPE", "Disease", "Histology", "Diagnosis"),
}
_MODALITIES = (("t1", "t1"), ("t1ce", "t1c"), ("t1gd", "t1c"), ("t1c", "t1c"), ("t2", "t2"), ("flair", "flair"))
_MASKS = ("GlistrBoost_ManuallyCorrected", "GlistrBoost_out", "GlistrBoost", "seg")
PATTERNS = (
    *(
        Pattern(rf"{_CASE}_(?i:{name}(?:_LPS)?(?:_rSRI)?)\.nii(?:\.gz)?", column, f"<id>_{name}_LPS_rSRI.nii.gz")
        for name, column in _MODALITIES
    ),
    *(
        Pattern(rf"{_CASE}_(?i:{name}(?:_LPS)?(?:_rSRI)?)\.nii(?:\.gz)?", "tumour_mask", f"<id>_{name}.nii.gz")
        for name in _MASKS
    ),
)
# Exports of the collection's table write dashes for what is not known.
_UNKNOWN = ("--", "-", ".")


def patient_of(identifier: str) -> str:
    """`hf1318_1994.04.23` → `HF1318`; `900_00_5303` → `900-00-5303`.

    Raises:
        ValueError: no id of the collection.
    """
    match = _ID.fullmatch(identifier.strip())
    if match is None:
        raise ValueError(f"{identifier!r} is no id; they look like 900-00-5303 and HF1318")
    patient = match[1].upper()
    return patient.replace("-", "").replace("_", "") if patient[0] == "H" else re.sub(r"[_.]", "-", patient)


def read(folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()) -> Collection:
    """Read the collection.

    Args:
        folder: holds the scans' folders, at any depth.
        clinical: CSV or TSV table with an id and `WHO_GRADE`; default: the one at the top of the folder.
        mapping: there is none; refused.
        labels: further labels of the study, looked for in that table.

    Raises:
        CohortError: no exam, two files for one modality, a table without its columns.
    """
    no_mapping(mapping, "REMBRANDT")
    table = find_table(folder, clinical, _TABLE)
    wanted = {**_WANTED, **called(labels)}
    rows, columns = rows_by_id(table, wanted, patient_of, "grade", *labels) if table else ({}, {})
    tree = read_tree(folder, PATTERNS, lambda case: case.upper(), [table])
    exams = []
    for case, files in tree.files.items():
        patient = patient_of(case)
        cells = rows.get(patient, {})
        raw = {key: cells[key] for key in (*RAW, *labels) if key in cells}
        unknown = {key: "" for key, cell in raw.items() if cell in _UNKNOWN}
        diagnosis = cells.get("diagnosis", "")
        exams.append(Exam(case, patient, dict(files), raw, diagnosis=diagnosis, read_as=unknown))
    patients = {exam.patient_id for exam in exams}
    findings = (*tree.findings, *workbooks(folder, _TABLE), *unmatched(patients, rows, table))
    return Collection(later_are_follow_ups(exams), findings, table, columns)
