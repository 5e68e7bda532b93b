"""A centre's way in: a collection, a folder or a table → one case table that a person can look at and a study name.

The same readers serve a study's `source`; here they are run once, and DICOM files are converted on the way.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from gliomanet.cohort.centers import read_center
from gliomanet.cohort.made_files import with_converted_files
from gliomanet.findings import Finding
from gliomanet.imaging.dicom import convert_case
from gliomanet.imaging.errors import CaseError
from gliomanet.study import Center, Study
from gliomanet.study_errors import StudyError, describe

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
ALL_SCANS = ("baseline", "follow_up", "post_operative")


def import_cases(
    kind: str,
    folder: Path,
    center: str,
    out: Path,
    clinical: Path | None = None,
    mapping: Path | None = None,
    derive_1p19q: bool = False,
) -> tuple[pd.DataFrame, list[Finding]]:
    """The case table of a centre, every scan in it, with absolute file names; it is not written here.

    Args:
        kind: kind of the source, as in a study: `ucsf-pdgm`, …, `bids`, `table`, `dicom`.
        folder: the collection's folder; the table, for `table`.
        center: the centre's name.
        out: where the table will be: converted DICOM files go into the folder `<stem>_nifti` beside it.
        clinical: table of labels, where it is not in the folder.
        mapping: BraTS: which patient of which collection a case is.
        derive_1p19q: fill unknown 1p/19q by the WHO 2021 rule.

    Raises:
        CohortError: every problem at once.
        StudyError: a centre's name that cannot be one, a table that this kind of source does not have.
        RuntimeError: DICOM without the program that converts it.
    """
    given = {"clinical": clinical, "mapping": mapping}
    source = {"kind": kind, "path" if kind == "table" else "folder": str(folder.resolve())}
    source |= {key: str(path.resolve()) for key, path in given.items() if path is not None}
    if not NAME.fullmatch(center):
        allowed = "letters, digits, '_' and '-', starting with a letter or a digit"
        raise StudyError([f"{center!r} cannot be a centre's name; allowed: {allowed}"], where="what is to be imported")
    given_center = {"role": "train", "source": source, "scans": ALL_SCANS, "derive_1p19q": derive_1p19q}
    try:
        described = Center.model_validate(given_center)
    except ValidationError as error:
        raise StudyError(describe(error, Center), where="what is to be imported") from None
    cases, found = read_center(center, Study.model_construct(centers={center: described}, models={}, data_root=""))
    findings = list(found)
    if kind == "dicom":
        converted = {case: out.resolve().with_name(f"{out.stem}_nifti") / case for case in cases["case_id"]}
        for case, target in converted.items():
            findings += _convert(folder / case, target, case, center)
        cases = with_converted_files(cases, converted.values())
    # Which role a centre has is the study's to say.
    return cases.assign(role=""), findings


def _convert(folder: Path, out: Path, case: str, center: str) -> list[Finding]:
    try:
        convert_case(folder, out, case)
    except CaseError as error:
        found, _, action = str(error).partition("; ")
        return [Finding("error", "not_converted", center, case, str(folder), found, action)]
    return []
