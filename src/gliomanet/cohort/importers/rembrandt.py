"""REMBRANDT (The Cancer Imaging Archive, 10.7937/K9/TCIA.2015.588OZUZB): grade only, 130 patients.

Layout, as its segmented release has it: `<id>_<date>/<id>_<date>_{t1,t1ce,t2,flair}_LPS_rSRI.nii.gz` with
`…_GlistrBoost_out.nii.gz`, ids `900-00-5303` and `HF1318`, dates `2005.03.24`. Modalities are on SRI24's grid.
`WHO_GRADE` is II, III or IV; the collection does not say by which edition (patients of 2004 to 2006).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gliomanet.cohort.importers.exam import Exam
from gliomanet.cohort.importers.headers import USUAL
from gliomanet.cohort.importers.label_tables import UsualTable
from gliomanet.cohort.importers.layout import Layout
from gliomanet.cohort.importers.tree import Pattern
from gliomanet.cohort.read_rows import CellError
from gliomanet.errors import Problem

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
        CellError: no id of the collection.
    """
    match = _ID.fullmatch(identifier.strip())
    if match is None:
        raise CellError(Problem(f"{identifier!r} is no id", "ids look like 900-00-5303 and HF1318", rule="no_id"))
    patient = match[1].upper()
    return patient.replace("-", "").replace("_", "") if patient[0] == "H" else re.sub(r"[_.]", "-", patient)


def _exam(case: str, cells: Mapping[str, str]) -> Exam:
    unknown = {key: "" for key, cell in cells.items() if cell in _UNKNOWN}
    return Exam(case, patient_of(case), diagnosis=cells.get("diagnosis", ""), read_as=unknown)


LAYOUT = Layout(
    collection="REMBRANDT",
    patterns=PATTERNS,
    table=UsualTable(_WANTED, _TABLE, needed=("grade",)),
    exam=_exam,
    row_id=patient_of,
    case_id=str.upper,
    row_of=patient_of,
    dated=True,
    mask_codes="brats",
)
