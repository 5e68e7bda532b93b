"""TCGA-GBM and TCGA-LGG with the BraTS-TCGA segmentations (Bakas et al., Scientific Data 4:170117, 2017).

Layout: `Pre-operative_TCGA_{GBM,LGG}_NIfTI_and_Segmentations/TCGA-02-0006/TCGA-02-0006_1996.08.23_{flair,t1,t1Gd,t2}
.nii.gz`, masks `…_GlistrBoost_ManuallyCorrected` (preferred) and `…_GlistrBoost`. Modalities are on SRI24's grid and
brain-extracted. A patient's earliest date is the baseline.

Labels from a molecular table (Ceccarelli et al., Cell 164:550, 2016, or an export of cBioPortal), joined on the
12 characters of the barcode. Grades are those of 2007, before molecular grading: TCGA closed before 2016.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.clinical import RAW, no_mapping
from gliomanet.cohort.importers.exam import Collection, Exam, later_are_follow_ups
from gliomanet.cohort.importers.headers import USUAL, called, find_table, rows_by_id, workbooks
from gliomanet.cohort.importers.tree import Pattern, read_tree
from gliomanet.cohort.vocabulary import harmonise

_BARCODE = re.compile(r"(TCGA-[A-Z0-9]{2}-[A-Z0-9]{4})(?:-.*)?", re.IGNORECASE)
_CASE = r"(?P<case>(?i:TCGA)-\w{2}-\w{4}(?:_\d{4}\.\d{2}\.\d{2})?)"
_TABLE = re.compile(r".*(molecular|clinical|tcga).*", re.IGNORECASE)
_WANTED = {
    **USUAL,
    "id": (
        *("Case", "bcr_patient_barcode", "Barcode", "Patient ID", "Case ID", "case_submitter_id", "Sample ID"),
        *("Sample", "Patient", "TCGA_ID", "case_id", "ID"),
    ),
    "subtype": ("IDH/codel subtype", "IDH codel subtype"),
    "grade": ("Grade", "Neoplasm Histologic Grade", "Histological grade", *USUAL["grade"]),
    "diagnosis": ("Histology", "Histological type", "Diagnosis"),
}
_SUBTYPES = {
    "idhwt": {"idh": "wildtype"},
    "idhmut-non-codel": {"idh": "mutant", "codel_1p19q": "intact"},
    "idhmut-codel": {"idh": "mutant", "codel_1p19q": "codeleted"},
}
_MODALITIES = (("t1", "t1"), ("t1Gd", "t1c"), ("t1ce", "t1c"), ("t2", "t2"), ("flair", "flair"))
PATTERNS = (
    *(
        Pattern(rf"{_CASE}_(?i:{name})\.nii(?:\.gz)?", column, f"<barcode>_<date>_{name}.nii.gz")
        for name, column in _MODALITIES
    ),
    *(
        Pattern(rf"{_CASE}_(?i:{name})\.nii(?:\.gz)?", "tumour_mask", f"<barcode>_<date>_{name}.nii.gz")
        for name in ("GlistrBoost_ManuallyCorrected", "GlistrBoost")
    ),
)


def barcode(identifier: str) -> str:
    """The patient's 12 characters of a barcode: `tcga-02-0006-01A` → `TCGA-02-0006`.

    Raises:
        ValueError: no barcode.
    """
    match = _BARCODE.fullmatch(identifier.strip().replace(".", "-"))
    if match is None:
        raise ValueError(f"{identifier!r} is no barcode; they look like TCGA-02-0006")
    return match[1].upper()


def read(folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()) -> Collection:
    """Read the collection.

    Args:
        folder: holds the patients' folders, at any depth.
        clinical: the molecular table as CSV or TSV; default: the one at the top of the folder.
        mapping: there is none; refused.
        labels: further labels of the study, looked for in that table.

    Raises:
        CohortError: no exam, two files for one modality, a table without its columns or with rows that disagree.
    """
    no_mapping(mapping, "TCGA")
    table = find_table(folder, clinical, _TABLE)
    wanted, needed = {**_WANTED, **called(labels)}, ("idh", "codel_1p19q", "subtype", "grade", *labels)
    rows, columns = rows_by_id(table, wanted, barcode, *needed) if table else ({}, {})
    tree = read_tree(folder, PATTERNS, lambda case: case.upper(), [table])
    exams, findings = [], [*tree.findings, *workbooks(folder, _TABLE)]
    contradictions: dict[str, str] = {}
    for case, files in tree.files.items():
        patient = case[:12]
        cells = rows.get(patient, {})
        raw, read_as, contradiction = _labels(cells, labels)
        if contradiction:
            contradictions[case] = contradiction
        edition = "2007" if raw.get("grade") else ""
        diagnosis = cells.get("diagnosis", "")
        exams.append(Exam(case, patient, dict(files), raw, "baseline", edition, diagnosis, (), read_as))
    action = "the single columns were taken; check them against the source, or empty them in a table of your own"
    together = "cases whose IDH/codel subtype contradicts their IDH status or 1p/19q"
    findings += case_findings("warning", "subtype_disagrees", str(table), contradictions, together, action)
    findings += _join({exam.patient_id for exam in exams}, rows, table)
    return Collection(later_are_follow_ups(exams), tuple(findings), table, columns)


def _labels(cells: Mapping[str, str], labels: Sequence[str]) -> tuple[dict[str, str], dict[str, str], str]:
    """Raw cells; what to read in their place; and how the subtype contradicts the single columns, "" if it does not.

    The subtype stands in for a column that is absent or unknown.
    """
    raw = {key: cells[key] for key in (*RAW, *labels) if key in cells}
    subtype = cells.get("subtype", "")
    implied = _SUBTYPES.get(subtype.lower().replace(" ", ""), {})
    read_as, contradictions = {}, []
    for label, value in implied.items():
        try:
            known = harmonise(label, raw.get(label, ""))
        except ValueError:  # told with all its kind when the labels are harmonised
            continue
        if not known:
            raw[label], read_as[label] = subtype, value
        elif known != value:
            contradictions.append(f"subtype is {subtype}, but {label} is {raw[label]}")
    return raw, read_as, "; ".join(contradictions)


def _join(patients: Iterable[str], rows: Mapping[str, object], table: Path | None) -> list[Finding]:
    """Patients without a row, and how many rows have no image, which is most of them."""
    patients = set(patients)
    if table is None:
        found = f"no molecular table was given: all labels of {len(patients)} patients are unknown"
        return [Finding("warning", "no_clinical_table", "", "", "", found, "name the molecular table as `clinical`")]
    bare = dict.fromkeys(patients - rows.keys(), "has images and no row in the molecular table")
    action = "its labels are unknown; check the release of the table, or leave the images"
    findings = list(case_findings("warning", "no_row", str(table), bare, "patients have images and no row", action))
    if lonely := rows.keys() - patients:
        found = f"{len(lonely)} rows of patients without images here: {', '.join(sorted(lonely))}"
        findings.append(Finding("note", "no_image", "", "", str(table), found, "most of TCGA's patients have none"))
    return findings
