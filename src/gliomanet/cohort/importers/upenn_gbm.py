"""UPENN-GBM (The Cancer Imaging Archive, 10.7937/TCIA.709X-DN49): 630 patients, 671 scans, 611 before surgery.

Layout: `NIfTI-files/images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_{T1,T1GD,T2,FLAIR}.nii.gz`, with skull
in `images_structural_unstripped/…_unstripped.nii.gz`; masks `images_segm/…_segm.nii.gz` (corrected by hand, 147) and
`automated_segm/…_automated_approx_segm.nii.gz`, in the codes of BraTS 2021. `_11` is the scan before surgery, `_21` the
follow-up.

The table has no grade and no 1p/19q. The collection is of glioblastomas, but that is how patients were chosen, not a
graded label beside each scan, so both stay unknown.

Survival is counted from surgery: the days of the dead and of those who were last seen alive stand in two columns.
`GTR_over90percent` N is a subtotal resection or a biopsy: the table does not say which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.exam import Exam
from gliomanet.cohort.importers.label_tables import ReleasedTable
from gliomanet.cohort.importers.layout import Layout, Read
from gliomanet.cohort.importers.tree import Pattern
from gliomanet.cohort.read_rows import CellError
from gliomanet.errors import Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS, plain

_ID = re.compile(r"UPENN-GBM-\d+_(?:11|21)")
_UNDATED = "deceased - uncertain date of death"
_RESECTIONS = {"y": "gross_total", "n": "not_gross_total"}
_SCANS = {"11": "baseline", "21": "follow_up"}


def case_id(identifier: str) -> str:
    """The id itself.

    Raises:
        CellError: no id of the collection.
    """
    if not _ID.fullmatch(identifier):
        action = "ids look like UPENN-GBM-00001_11, follow-ups …_21"
        raise CellError(Problem(f"{identifier!r} is no id", action, rule="no_id"))
    return identifier


def _exam(case: str, cells: Mapping[str, str]) -> Exam:
    patient, _, scan = case.rpartition("_")
    return Exam(case, patient, raw=_days(cells), scan=_SCANS[scan], read_as=_survival(cells))


def _days(cells: Mapping[str, str]) -> dict[str, str]:
    """Days to death, or to the last contact with those who were alive then: two columns of the table."""
    told = (cells.get(name, "") for name in ("os_days", "os_of_version_1", "os_censored"))
    known = [cell for cell in told if plain(cell) not in MISSING_SPELLINGS]
    return {"os_days": known[0]} if known else {}


def _survival(cells: Mapping[str, str]) -> dict[str, str]:
    """Spellings to read in the place of the collection's own."""
    read_as = {"os_event": "0"} if plain(cells.get("os_event", "")) == _UNDATED else {}
    resection = _RESECTIONS.get(plain(cells.get("resection", "")))
    return {**read_as, "resection": resection} if resection else read_as


def _undated_deaths(read: Read) -> tuple[Finding, ...]:
    dead = [exam.case_id for exam in read.exams if plain(exam.raw.get("os_event", "")) == _UNDATED]
    found = dict.fromkeys(dead, f"its survival status is {_UNDATED!r}")
    action = "followed up to the last day on which the patient was known to live"
    together = "patients died on a day that is not known"
    return case_findings("note", "undated_death", str(read.rows.path), found, together, action)


TABLE = ReleasedTable(
    columns={"id": "ID", "idh": "IDH1", "age": "Age_at_scan_years", "sex": "Gender"},
    file_names=("UPENN-GBM_clinical_info*.csv", "UPENN-GBM_clinical_info*.tsv"),
    extra={
        "os_days": "Survival_from_surgery_days_UPDATED",
        "os_of_version_1": "Survival_from_surgery_days",
        "os_censored": "Survival_Censor",
        "os_event": "Survival_Status",
        "resection": "GTR_over90percent",
        "kps": "KPS",
    },
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


LAYOUT = Layout("UPENN-GBM", PATTERNS, TABLE, _exam, row_id=case_id, mask_codes="brats", notices=_undated_deaths)
