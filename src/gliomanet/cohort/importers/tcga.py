"""TCGA-GBM and TCGA-LGG with the BraTS-TCGA segmentations (Bakas et al., Scientific Data 4:170117, 2017).

Layout: `Pre-operative_TCGA_{GBM,LGG}_NIfTI_and_Segmentations/TCGA-02-0006/TCGA-02-0006_1996.08.23_{flair,t1,t1Gd,t2}
.nii.gz`, masks `…_GlistrBoost_ManuallyCorrected` (preferred) and `…_GlistrBoost`. Modalities are on SRI24's grid and
brain-extracted. A patient's earliest date is the baseline.

Labels from a molecular table (Ceccarelli et al., Cell 164:550, 2016, or an export of cBioPortal), joined on the
12 characters of the barcode. Grades are those of 2007, before molecular grading: TCGA closed before 2016. Survival from
the same table: days as GDC (`days_to_death`, `days_to_last_follow_up`) or the TCGA clinical data resource (`OS.time`,
`OS`) have them, or months as cBioPortal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.exam import Exam
from gliomanet.cohort.importers.headers import USUAL
from gliomanet.cohort.importers.label_tables import UsualTable
from gliomanet.cohort.importers.layout import Layout, Read
from gliomanet.cohort.importers.tree import Pattern
from gliomanet.cohort.outcomes import DAYS_OF_A_MONTH
from gliomanet.cohort.read_rows import CellError
from gliomanet.cohort.vocabulary import SPELLINGS, harmonise
from gliomanet.errors import Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS, plain

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
    "os_days": ("OS.time", *USUAL["os_days"]),
    "os_death_days": ("days_to_death", "Days to death"),
    "os_alive_days": ("days_to_last_follow_up", "days_to_last_followup", "Days to last follow-up"),
    "os_months": ("Overall Survival (Months)", "OS_MONTHS", "Survival (months)"),
    "os_event": ("OS", *USUAL["os_event"], "Vital status (1=dead)"),
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
        CellError: no barcode.
    """
    match = _BARCODE.fullmatch(identifier.strip().replace(".", "-"))
    if match is None:
        raise CellError(Problem(f"{identifier!r} is no barcode", "barcodes look like TCGA-02-0006", rule="no_id"))
    return match[1].upper()


def _exam(case: str, cells: Mapping[str, str]) -> Exam:
    filled, read_as, _ = _from_subtype(cells)
    filled |= _days(cells)
    read_as = {**read_as, **_undated(cells)}
    edition = "2007" if cells.get("grade") else ""
    return Exam(
        case, case[:12], raw=filled, grade_edition=edition, diagnosis=cells.get("diagnosis", ""), read_as=read_as
    )


def _days(cells: Mapping[str, str]) -> dict[str, str]:
    """Days under observation, of a table that has them by their end (GDC) or as months (cBioPortal)."""
    told = (cells.get(name, "") for name in ("os_days", "os_death_days", "os_alive_days"))
    known = [cell for cell in told if plain(cell) not in MISSING_SPELLINGS]
    if not known and plain(months := cells.get("os_months", "")) not in MISSING_SPELLINGS:
        try:
            known = [f"{float(months) * DAYS_OF_A_MONTH:.1f}"]
        except ValueError:  # told as the cell of the column of days
            known = [f"{months} months"]
    return {"os_days": known[0]} if known else {}


def _undated(cells: Mapping[str, str]) -> dict[str, str]:
    """The end of days to the last follow-up of the dead whose day of death the table lacks: they lived on it."""
    names = ("os_days", "os_death_days", "os_alive_days")
    known = [name for name in names if plain(cells.get(name, "")) not in MISSING_SPELLINGS]
    dead = SPELLINGS["os_event"].get(plain(cells.get("os_event", ""))) == "1"
    return {"os_event": "0"} if dead and known[:1] == ["os_alive_days"] else {}


def _undated_deaths(read: Read) -> tuple[Finding, ...]:
    dead = [exam.case_id for exam in read.exams if exam.read_as.get("os_event") == "0"]
    found = dict.fromkeys(dead, "is dead, and the table has the day of the last follow-up alone")
    action = "followed up to that day, on which the patient lived"
    together = "patients died on a day that is not known"
    return case_findings("note", "undated_death", str(read.rows.path), found, together, action)


def _from_subtype(cells: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str], str]:
    """Raw cells of the columns that the IDH/codel subtype stands in for; values to read in their place; contradiction.

    The subtype stands in for a column that is absent or unknown. The third is the contradiction of subtype and single
    columns in words, "" where there is none.
    """
    subtype = cells.get("subtype", "")
    filled, read_as, contradictions = {}, {}, []
    for label, value in _SUBTYPES.get(subtype.lower().replace(" ", ""), {}).items():
        try:
            known = harmonise(label, cells.get(label, ""))
        except CellError:  # told with all its kind when the labels are harmonised
            continue
        if not known:
            filled[label], read_as[label] = subtype, value
        elif known != value:
            contradictions.append(f"subtype is {subtype}, but {label} is {cells[label]}")
    return filled, read_as, "; ".join(contradictions)


def _contradictions(read: Read) -> tuple[Finding, ...]:
    found = {exam.case_id: _from_subtype(read.rows.cells.get(exam.patient_id, {}))[2] for exam in read.exams}
    action = "the single columns were taken; check them against the source, or empty them in a table of your own"
    together = "cases whose IDH/codel subtype contradicts their IDH status or 1p/19q"
    contradicted = {case: text for case, text in found.items() if text}
    return case_findings("warning", "subtype_disagrees", str(read.rows.path), contradicted, together, action)


def _unmatched(read: Read, row_of: Callable[[str], str]) -> list[Finding]:
    """Patients without a row, and the number of rows without images, which most of them are."""
    patients, rows, table = {row_of(exam.case_id) for exam in read.exams}, read.rows.cells, read.rows.path
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


LAYOUT = Layout(
    collection="TCGA",
    patterns=PATTERNS,
    table=UsualTable(_WANTED, _TABLE, needed=("idh", "codel_1p19q", "subtype", "grade")),
    exam=_exam,
    row_id=barcode,
    case_id=str.upper,
    row_of=lambda case: case[:12],
    dated=True,
    mask_codes="brats",
    unmatched=_unmatched,
    notices=lambda read: (*_contradictions(read), *_undated_deaths(read)),
)
