"""UCSF-PDGM (The Cancer Imaging Archive, 10.7937/tcia.bdgf-8v37): 495 patients, 501 exams, table of version 5.

Layout: `UCSF-PDGM-0004_nifti/UCSF-PDGM-0004_{T1,T1c,T2,FLAIR,…}.nii.gz` with `_tumor_segmentation` and
`_brain_segmentation`. Modalities are co-registered and brain-extracted. Older releases name T1c `T1gad`. The plain
modalities are preferred to their `_bias` versions: the study corrects the bias field of every centre alike.

The folder names the exam: the digits of some files in it disagree, and the table writes three of four digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.exam import Exam
from gliomanet.cohort.importers.label_tables import ReleasedTable
from gliomanet.cohort.importers.layout import Layout, Read
from gliomanet.cohort.importers.tree import Match, Pattern
from gliomanet.cohort.read_rows import CellError
from gliomanet.errors import Problem

_ID = re.compile(r"UCSF-PDGM-(?P<number>\d+)(?P<follow_up>_FU\d+d)?")
_FOLDER = r"(?P<case>UCSF-PDGM-\d+(?:_FU\d+d)?)(?:_nifti)?/(?P<named>UCSF-PDGM-\d+(?:_FU\d+d)?)_"
_UNUSED = (
    *("ADC", "ASL", "DWI", "DWI_bias", "SWI", "SWI_bias", "HARDI", "brain_parenchyma_segmentation"),
    *(f"DTI_eddy_{name}" for name in ("FA", "MD", "L1", "L2", "L3", "noreg")),
)

# The pathologist's "relative co-deletion" stands beside oligodendrogliomas, but for two grade-4 astrocytomas, which
# cannot be codeleted under WHO 2021; their ids, for tables without the column of diagnoses.
_RELATIVE = "relative co-deletion"
_ASTROCYTOMAS = ("UCSF-PDGM-0045", "UCSF-PDGM-0119")


def case_id(identifier: str) -> str:
    """`UCSF-PDGM-004` → `UCSF-PDGM-0004`; the suffix of a follow-up (`_FU016d`) stays.

    Raises:
        CellError: no id of the collection.
    """
    match = _ID.fullmatch(identifier)
    if match is None:
        raise CellError(
            Problem(
                f"{identifier!r} is no id",
                "ids look like UCSF-PDGM-004, follow-ups UCSF-PDGM-0429_FU003d",
                rule="no_id",
            )
        )
    return f"UCSF-PDGM-{int(match['number']):04d}{match['follow_up'] or ''}"


def _exam(case: str, cells: Mapping[str, str]) -> Exam:
    patient, _, follow_up = case.partition("_FU")
    diagnosis = cells.get("diagnosis", "")
    astrocytoma = case in _ASTROCYTOMAS or diagnosis.startswith("Astrocytoma")
    relative = cells.get("codel_1p19q") == _RELATIVE
    return Exam(
        case_id=case,
        patient_id=patient,
        scan="follow_up" if follow_up else "baseline",
        grade_edition="2021",
        diagnosis=diagnosis,
        other_ids=(cells["brats21"],) if cells.get("brats21") else (),
        read_as={"codel_1p19q": "intact" if astrocytoma else "codeleted"} if relative else {},
    )


TABLE = ReleasedTable(
    columns={
        "id": "ID",
        "idh": "IDH",
        "codel_1p19q": "1p/19q",
        "grade": "WHO CNS Grade",
        "age": "Age at MRI",
        "sex": "Sex",
    },
    file_names=("UCSF-PDGM-metadata*.csv", "UCSF-PDGM-metadata*.tsv"),
    extra={
        "diagnosis": "Final pathologic diagnosis (WHO 2021)",
        "brats21": "BraTS21 ID",
        "os_days": "OS",
        "os_event": "1-dead 0-alive",
        "resection": "EOR",
    },
)


def _pattern(suffix: str, column: str | None, variant: str = "") -> Pattern:
    return Pattern(rf"{_FOLDER}{suffix}\.nii(?:\.gz)?", column, f"<id>_{suffix}.nii.gz", variant)


_MODALITIES = (("T1", "t1"), ("T1c", "t1c"), ("T1gad", "t1c"), ("T2", "t2"), ("FLAIR", "flair"))
PATTERNS = (
    *(_pattern(suffix, column) for suffix, column in _MODALITIES),
    *(_pattern(f"{suffix}_bias", column, "bias") for suffix, column in _MODALITIES),
    _pattern("tumor_segmentation", "tumour_mask"),
    _pattern("brain_segmentation", "brain_mask"),
    *(_pattern(suffix, None) for suffix in _UNUSED),
    Pattern(r"[^/]+/[^/]+\.(?:bval|bvec)", None, "*.bval, *.bvec"),
)


def _misnamed(matches: Iterable[Match]) -> tuple[Finding, ...]:
    """Files whose name is another exam's than their folder's: the folder decides."""
    found: dict[str, str] = {}
    for match in matches:
        if "named" not in match.groups or match.groups["named"] == match.groups["case"]:
            continue
        folder, named = case_id(match.groups["case"]), case_id(match.groups["named"])
        if folder != named:
            found.setdefault(folder, f"its folder holds files named {match.groups['named']}, taken as the folder's")
    action = "the folder's id was taken; look at the images where both ids exist"
    return case_findings("warning", "id_disagrees", "", found, "folders hold files of another id", action)


def _relative_codeletions(read: Read) -> tuple[Finding, ...]:
    found = {
        exam.case_id: f"1p/19q {_RELATIVE!r} is read as {exam.read_as['codel_1p19q']}"
        + (f" ({exam.diagnosis}, grade {exam.raw.get('grade', '')})" if exam.diagnosis else "")
        for exam in read.exams
        if "codel_1p19q" in exam.read_as
    }
    action = "codeleted, but intact for astrocytomas, which cannot be codeleted under WHO 2021"
    together = f"cases of 1p/19q {_RELATIVE!r}"
    return case_findings("note", "relative_codeletion", str(read.rows.path), found, together, action)


LAYOUT = Layout(
    collection="UCSF-PDGM",
    patterns=PATTERNS,
    table=TABLE,
    exam=_exam,
    row_id=case_id,
    case_id=case_id,
    mask_codes="brats",
    notices=lambda read: (*_misnamed(read.tree.matches), *_relative_codeletions(read)),
)
