"""UPENN-GBM (The Cancer Imaging Archive, 10.7937/TCIA.709X-DN49): 630 patients, 671 scans, 611 before surgery.

Layout: `NIfTI-files/images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_{T1,T1GD,T2,FLAIR}.nii.gz`, with skull
in `images_structural_unstripped/…_unstripped.nii.gz`; masks `images_segm/…_segm.nii.gz` (corrected by hand, 147) and
`automated_segm/…_automated_approx_segm.nii.gz`. `_11` is the scan before surgery, `_21` the follow-up.

The table has no grade and no 1p/19q. The collection is of glioblastomas, but that is how patients were chosen, not a
graded label beside each scan, so both stay unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

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

_ID = re.compile(r"(?P<patient>UPENN-GBM-\d+)_(?P<scan>11|21)")
_SCANS = {"11": "baseline", "21": "follow_up"}


def _exam(cells: Mapping[str, str]) -> Exam:
    match = _ID.fullmatch(cells["id"])
    if match is None:
        raise ValueError(f"{cells['id']!r} is no id; they look like UPENN-GBM-00001_11, follow-ups …_21")
    return Exam(
        case_id=cells["id"],
        patient_id=match["patient"],
        files={},
        raw={key: cells[key] for key in RAW if key in cells},
        scan=_SCANS[match["scan"]],
    )


CLINICAL = ClinicalTable(
    columns={"id": "ID", "idh": "IDH1", "age": "Age_at_scan_years", "sex": "Gender"},
    exam=_exam,
    file_names=("UPENN-GBM_clinical_info*.csv", "UPENN-GBM_clinical_info*.tsv"),
)


def _pattern(suffix: str, column: str | None, variant: str = "", caution: str = "") -> Pattern:
    path = rf"(?P<case>UPENN-GBM-\d+_(?:11|21))_{suffix}\.nii(?:\.gz)?"
    return Pattern(path, column, f"<id>_{suffix}.nii.gz", variant, caution)


_MODALITIES = (("T1", "t1"), ("T1GD", "t1c"), ("T2", "t2"), ("FLAIR", "flair"))
_SKULL = "these scans have a skull, the others have none: the centre's brain_extraction must suit both"
PATTERNS = (
    *(_pattern(suffix, column) for suffix, column in _MODALITIES),
    *(_pattern(f"{suffix}_unstripped", column, "unstripped", _SKULL) for suffix, column in _MODALITIES),
    _pattern("segm", "tumour_mask"),
    _pattern("automated_approx_segm", "tumour_mask"),
    *(_pattern(f"DTI_{name}", None) for name in ("AD", "FA", "RD", "TR")),
    *(_pattern(name, None) for name in ("DSC", "DSC_ap-rCBV", "DSC_PH", "DSC_PSR")),
)


def read(folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()) -> Collection:
    """Read the collection.

    Args:
        folder: holds `images_structural`, …, at any depth.
        clinical: the clinical table; default: the one in the folder.
        mapping: there is none; refused.
        labels: further labels of the study, looked for in that table.

    Raises:
        CohortError: no exam, two files for one modality, a table that is not the collection's.
    """
    no_mapping(mapping, "UPENN-GBM")
    table = find_clinical(folder, clinical, CLINICAL)
    known = with_labels(CLINICAL, table, labels)
    exams, problems = read_clinical(table, known) if table else ({}, [])
    if problems:
        raise CohortError(problems)
    return join_rows(read_tree(folder, PATTERNS, passed_over=[table]), exams, table, known)
