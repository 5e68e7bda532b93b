"""Import of a centre: a collection, a folder or a table → one case table that a person can look at and a study name.

The same readers serve a study's `source`; here they are run once, and DICOM files are converted on the way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic import ValidationError

from gliomanet.cohort.dicom.convert import convert_case
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.generated_files import with_converted_files
from gliomanet.cohort.read_center import center_request, read_cases
from gliomanet.cohort.sources.registry import SOURCES
from gliomanet.config.centers import Center
from gliomanet.config.labels import Labels, label_problems
from gliomanet.config.messages import describe
from gliomanet.config.sources import DicomSource, SourceSettings
from gliomanet.errors import CaseError, Problem, StudyError
from gliomanet.labels.vocabulary import vocabulary_of
from gliomanet.mask_conventions import UNDECLARED, convention_of

if TYPE_CHECKING:
    import pandas as pd

IMPORTABLE: Mapping[str, type[SourceSettings]] = {
    kind: settings
    for settings in SOURCES
    for kind in get_args(settings.model_fields["kind"].annotation)
    if settings.has_images and not settings.table_by_job
}
"""Kind of a source that can be imported → its settings."""

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
    labels: Mapping[str, Sequence[str]] | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """The case table of a centre, every scan in it, with absolute file names; it is not written here.

    Args:
        kind: key of `IMPORTABLE`, as in a study: `ucsf-pdgm`, …, `bids`, `table`, `dicom`.
        folder: the collection's folder; for a table the file.
        center: the centre's name.
        out: where the table will be: converted DICOM files go into the folder `<stem>_nifti` beside it.
        clinical: table of labels, where it is not in the folder.
        mapping: BraTS: the table of the patients and collections of its cases.
        derive_1p19q: fill unknown 1p/19q by the WHO 2021 rule.
        labels: further labels and their values, as in a study.

    Raises:
        CohortError: every problem at once.
        StudyError: a centre's or a label's name that cannot be one, a label's values that cannot be, a table that this
            kind of source does not have.
        RuntimeError: DICOM without the program that converts it.
    """
    given = {"clinical": clinical, "mapping": mapping}
    place = "folder" if "folder" in IMPORTABLE[kind].model_fields else "path"
    source = {"kind": kind, place: str(folder.resolve())}
    further = _checked_labels(labels or {})
    source |= {key: str(path.resolve()) for key, path in given.items() if path is not None}
    if not NAME.fullmatch(center):
        allowed = "letters, digits, '_' and '-', starting with a letter or a digit"
        problem = Problem(f"{center!r} cannot be a centre's name", f"allowed: {allowed}", rule="center_name")
        raise StudyError([problem], where="what is to be imported")
    given_center = {"role": "train", "source": source, "scans": ALL_SCANS, "derive_1p19q": derive_1p19q}
    try:
        described = Center.model_validate(given_center)
    except ValidationError as error:
        raise StudyError(describe(error, Center), where="what is to be imported") from None
    request = center_request(center, described, data_root="", vocabulary=vocabulary_of(further))
    cases, found = read_cases(request)
    findings = list(found)
    if isinstance(described.source, DicomSource):
        converted = {case: out.resolve().with_name(f"{out.stem}_nifti") / case for case in cases["case_id"]}
        for case, target in converted.items():
            findings += _convert(folder / case, target, case, center)
        cases = with_converted_files(cases, converted.values())
    # The role of a centre is the study's to say.
    return cases.assign(role=""), findings


def mask_codes_summary(cases: pd.DataFrame) -> str:
    """The conventions that the tumour masks follow, and the number of each; "" without masks."""
    counts = Counter(cases.loc[cases["tumour_mask"] != "", "mask_codes"])
    said = [f"{counts[name]} {convention_of(name)}" for name in sorted(counts) if name]
    if undeclared := counts[""]:
        said.append(
            f"{undeclared} without a convention, read as {UNDECLARED}; fill the column, or set the centre's mask_codes"
        )
    return f"codes of tumour masks (column mask_codes): {'; '.join(said)}" if said else ""


def _checked_labels(labels: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    try:
        checked = Labels.model_validate({"labels": {name: list(values) for name, values in labels.items()}})
    except ValidationError as error:
        raise StudyError(describe(error, Labels), where="what is to be imported") from None
    if problems := label_problems(checked.labels):
        raise StudyError(problems, where="what is to be imported")
    return checked.labels


def _convert(folder: Path, out: Path, case: str, center: str) -> list[Finding]:
    try:
        convert_case(folder, out, case)
    except CaseError as error:
        return [Finding.of(error.problem.at(case=case, file=str(folder)), "error", rule="not_converted", center=center)]
    return []
