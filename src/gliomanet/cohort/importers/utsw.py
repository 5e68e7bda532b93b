"""UTSW-Glioma (The Cancer Imaging Archive, 10.7937/DFAE-1B86): 625 patients with grade, IDH and 1p/19q.

Layout: `BT0001/{brain_t1,brain_t1ce,brain_t2,brain_flair}.nii.gz`, or the same as `…_ants`, FLAIR also as
`brain_fl…`. Modalities are brain-extracted. Masks in the order of preference: `rtumorseg_manual_correction` (by hand,
on the modalities' grid), `tumorseg_manual_correction` (by hand, of some cases on a grid of its own), `tumorseg_FeTS`.

`Tumor Type` is histology of several editions of the WHO's classification (oligoastrocytomas beside tumours graded by
IDH), so the edition of a grade is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.clinical import (
    RAW,
    ClinicalTable,
    find_clinical,
    join_rows,
    no_mapping,
    read_clinical,
    with_labels,
)
from gliomanet.cohort.importers.exam import Collection, Exam
from gliomanet.cohort.importers.tree import Pattern, read_tree
from gliomanet.errors import CohortError

_ID = re.compile(r"BT\d+")
_NOT_ADULT_TYPE = "DIFFUSE MIDLINE GLIOMA"


def _exam(cells: Mapping[str, str]) -> Exam:
    case = cells["id"]
    if not _ID.fullmatch(case):
        raise ValueError(f"{case!r} is no id; they look like BT0001")
    return Exam(
        case_id=case,
        patient_id=case,
        files={},
        raw={key: cells[key] for key in RAW if key in cells},
        scan="baseline" if cells.get("operation", "PRE").upper() == "PRE" else "post_operative",
        diagnosis=cells.get("diagnosis", ""),
    )


CLINICAL = ClinicalTable(
    columns={
        "id": "Subject ID",
        "idh": "IDH",
        "codel_1p19q": "1p19Q CODEL",
        "grade": "Tumor Grade",
        "age": "Age at Imaging",
        "sex": "Sex at birth",
    },
    exam=_exam,
    file_names=("UTSW_Glioma_Metadata*.tsv", "UTSW_Glioma_Metadata*.csv"),
    extra={"diagnosis": "Tumor Type", "operation": "Operation Status"},
)


def _pattern(name: str, column: str, variant: str = "", caution: str = "") -> Pattern:
    return Pattern(rf"(?P<case>BT\d+)/{name}\.nii(?:\.gz)?", column, f"{name}.nii.gz", variant, caution)


_MODALITIES = (
    ("brain_t1", "t1"),
    ("brain_t1ce", "t1c"),
    ("brain_t2", "t2"),
    ("brain_flair", "flair"),
    ("brain_fl", "flair"),
)
PATTERNS = (
    *(_pattern(name, column) for name, column in _MODALITIES),
    *(_pattern(f"{name}_ants", column, "ants") for name, column in _MODALITIES),
    _pattern("rtumorseg_manual_correction", "tumour_mask"),
    _pattern(
        "tumorseg_manual_correction",
        "tumour_mask",
        caution="this mask of some cases is on another grid than the modalities; look at the case's page",
    ),
    _pattern("tumorseg_FeTS", "tumour_mask"),
)


def read(folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()) -> Collection:
    """Read the collection.

    Args:
        folder: holds the patients' folders, at any depth.
        clinical: the metadata table; default: the one in the folder.
        mapping: there is none; refused.
        labels: further labels of the study, looked for in that table.

    Raises:
        CohortError: no exam, two files for one modality, a table that is not the collection's.
    """
    no_mapping(mapping, "UTSW-Glioma")
    table = find_clinical(folder, clinical, CLINICAL)
    known = with_labels(CLINICAL, table, labels)
    exams, problems = read_clinical(table, known) if table else ({}, [])
    if problems:
        raise CohortError(problems)
    joined = join_rows(read_tree(folder, PATTERNS, passed_over=[table]), exams, table, known)
    midline = {
        exam.case_id: f"Tumor Type is {exam.diagnosis}: no adult-type diffuse glioma"
        for exam in joined.exams
        if exam.diagnosis.upper() == _NOT_ADULT_TYPE
    }
    action = "kept; exclude it in the study's decision table if the question is about adult-type diffuse gliomas"
    together = f"cases of Tumor Type {_NOT_ADULT_TYPE}, no adult-type diffuse glioma"
    notices = case_findings("warning", "not_adult_type", str(table), midline, together, action)
    return replace(joined, findings=(*joined.findings, *notices, *_operated(joined)))


def _operated(collection: Collection) -> tuple[Finding, ...]:
    cases = {e.case_id: "Operation Status is not PRE" for e in collection.exams if e.scan == "post_operative"}
    action = "taken for a post-operative scan; the key `scans` of the centre says which enter the study"
    together = "cases have an Operation Status other than PRE"
    return case_findings("note", "post_operative", str(collection.clinical), cases, together, action)
