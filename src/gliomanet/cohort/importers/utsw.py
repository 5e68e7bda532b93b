"""UTSW-Glioma (The Cancer Imaging Archive, 10.7937/DFAE-1B86): 625 patients with grade, IDH and 1p/19q.

Layout: `BT0001/{brain_t1,brain_t1ce,brain_t2,brain_flair}.nii.gz`, or the same as `…_ants`, FLAIR also as
`brain_fl…`. Modalities are brain-extracted. Masks in the order of preference: `rtumorseg_manual_correction` (by hand,
on the modalities' grid), `tumorseg_manual_correction` (by hand, of some cases on a grid of its own), `tumorseg_FeTS`.
Their codes are those of FeTS, 1 core, 2 oedema, 4 enhancing. Some masks hold a 3, which the collection does not
explain: such a case is an error, until a person has looked at it and said its codes in a case table's `mask_codes`.

`Tumor Type` is histology of several editions of the WHO's classification (oligoastrocytomas beside tumours graded by
IDH), so the edition of a grade is not known.
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

_ID = re.compile(r"BT\d+")
_NOT_ADULT_TYPE = "DIFFUSE MIDLINE GLIOMA"


def case_id(identifier: str) -> str:
    """The id itself.

    Raises:
        CellError: no id of the collection.
    """
    if not _ID.fullmatch(identifier):
        raise CellError(Problem(f"{identifier!r} is no id", "ids look like BT0001", rule="no_id"))
    return identifier


def _exam(case: str, cells: Mapping[str, str]) -> Exam:
    return Exam(
        case_id=case,
        patient_id=case,
        scan="baseline" if cells.get("operation", "PRE").upper() == "PRE" else "post_operative",
        diagnosis=cells.get("diagnosis", ""),
    )


TABLE = ReleasedTable(
    columns={
        "id": "Subject ID",
        "idh": "IDH",
        "codel_1p19q": "1p19Q CODEL",
        "grade": "Tumor Grade",
        "age": "Age at Imaging",
        "sex": "Sex at birth",
    },
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


def _not_adult_type(read: Read) -> tuple[Finding, ...]:
    midline = {
        exam.case_id: f"Tumor Type is {exam.diagnosis}: no adult-type diffuse glioma"
        for exam in read.exams
        if exam.diagnosis.upper() == _NOT_ADULT_TYPE
    }
    action = "kept; exclude it in the study's decision table if the question is about adult-type diffuse gliomas"
    together = f"cases of Tumor Type {_NOT_ADULT_TYPE}, no adult-type diffuse glioma"
    return case_findings("warning", "not_adult_type", str(read.rows.path), midline, together, action)


def _operated(read: Read) -> tuple[Finding, ...]:
    cases = {e.case_id: "Operation Status is not PRE" for e in read.exams if e.scan == "post_operative"}
    action = "taken for a post-operative scan; the key `scans` of the centre says which enter the study"
    together = "cases have an Operation Status other than PRE"
    return case_findings("note", "post_operative", str(read.rows.path), cases, together, action)


LAYOUT = Layout(
    collection="UTSW-Glioma",
    patterns=PATTERNS,
    table=TABLE,
    exam=_exam,
    row_id=case_id,
    mask_codes="brats",
    notices=lambda read: (*_not_adult_type(read), *_operated(read)),
)
