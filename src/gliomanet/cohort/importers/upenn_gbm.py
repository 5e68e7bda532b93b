"""UPENN-GBM (The Cancer Imaging Archive, 10.7937/TCIA.709X-DN49): 630 patients, 671 scans, 611 before surgery.

Layout: `NIfTI-files/images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_{T1,T1GD,T2,FLAIR}.nii.gz`, with skull
in `images_structural_unstripped/…_unstripped.nii.gz`; masks `images_segm/…_segm.nii.gz` (corrected by hand, 147) and
`automated_segm/…_automated_approx_segm.nii.gz`, in the codes of BraTS 2021. `_11` is the scan before surgery, `_21` the
follow-up.

The table has no grade and no 1p/19q. The collection is of glioblastomas, but that is how patients were chosen, not a
graded label beside each scan, so both stay unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gliomanet.cohort.importers.exam import Exam
from gliomanet.cohort.importers.label_tables import ReleasedTable
from gliomanet.cohort.importers.layout import Layout
from gliomanet.cohort.importers.tree import Pattern
from gliomanet.cohort.read_rows import CellError
from gliomanet.errors import Problem

_ID = re.compile(r"UPENN-GBM-\d+_(?:11|21)")
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
    return Exam(case, patient, scan=_SCANS[scan])


TABLE = ReleasedTable(
    columns={"id": "ID", "idh": "IDH1", "age": "Age_at_scan_years", "sex": "Gender"},
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


LAYOUT = Layout("UPENN-GBM", PATTERNS, TABLE, _exam, row_id=case_id, mask_codes="brats")
