"""Collections that come as tables of radiomic features: their cases and features in this project's terms.

The feature tables are pyradiomics' (`original_<family>_<feature>_<contrast>`, whole tumour); labels, age and sex come
from each collection's own clinical table (UCSF-PDGM v5, UTSW-Glioma, UPENN-GBM v2.1 of The Cancer Imaging Archive).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gliomanet.cohort.delimited import read_rows
from gliomanet.cohort.errors import CohortError
from gliomanet.cohort.table import case_frame, harmonise_row, id_problems

_FEATURE = re.compile(r"original_(?P<family>[a-z]+)_(?P<name>\w+)_(?P<contrast>[A-Za-z0-9]+)")
_CONTRASTS = {"T1": "t1", "T1c": "t1c", "T1GD": "t1c", "T2": "t2", "FLAIR": "flair"}
_MOST_NAMED = 10


@dataclass(frozen=True)
class Collection:
    """How one collection's clinical table is read.

    Attributes:
        columns: Column of this project → the clinical table's name for it.
        case_id: A clinical row's id → the feature table's spelling of it; `None` for a follow-up scan.
        patient_id: A case's id → its patient's.
        follow_up: Whether an id of the feature table is a follow-up scan, which is left out.
        amend: Raw cells of a case, corrected where the collection's own spelling misleads.
    """

    columns: Mapping[str, str]
    case_id: Callable[[str], str | None]
    patient_id: Callable[[str], str]
    follow_up: Callable[[str], bool]
    amend: Callable[[str, dict[str, str]], dict[str, str]]


def _ucsf_case(identifier: str) -> str | None:
    # The clinical table writes 3 digits, folders and feature tables 4; six rows are follow-ups (…_FU016d).
    match = re.fullmatch(r"(UCSF-PDGM-)(\d+)", identifier)
    return f"{match[1]}{int(match[2]):04d}" if match else None


def _ucsf_amend(case_id: str, raw: dict[str, str]) -> dict[str, str]:
    # "relative co-deletion" is the pathologist's word for oligodendrogliomas, but for two grade-4 astrocytomas,
    # which cannot be codeleted under WHO 2021.
    if raw["codel_1p19q"] == "relative co-deletion":
        astrocytoma = case_id in ("UCSF-PDGM-0045", "UCSF-PDGM-0119")
        return {**raw, "codel_1p19q": "intact" if astrocytoma else "codeleted"}
    return raw


def _unchanged(_case_id: str, raw: dict[str, str]) -> dict[str, str]:
    return raw


COLLECTIONS: dict[str, Collection] = {
    "ucsf-pdgm": Collection(
        columns={
            "id": "ID",
            "idh": "IDH",
            "codel_1p19q": "1p/19q",
            "grade": "WHO CNS Grade",
            "age": "Age at MRI",
            "sex": "Sex",
        },
        case_id=_ucsf_case,
        patient_id=lambda case_id: case_id,
        follow_up=lambda case_id: "_FU" in case_id,
        amend=_ucsf_amend,
    ),
    "utsw": Collection(
        columns={
            "id": "Subject ID",
            "idh": "IDH",
            "codel_1p19q": "1p19Q CODEL",
            "grade": "Tumor Grade",
            "age": "Age at Imaging",
            "sex": "Sex at birth",
        },
        case_id=lambda identifier: identifier,
        patient_id=lambda case_id: case_id,
        follow_up=lambda _case_id: False,
        amend=_unchanged,
    ),
    # No grade and no 1p/19q column. The collection is of glioblastomas, but that is how patients were chosen, not a
    # graded label beside each scan, so both stay unknown.
    "upenn-gbm": Collection(
        columns={"id": "ID", "idh": "IDH1", "age": "Age_at_scan_years", "sex": "Gender"},
        case_id=lambda identifier: identifier if identifier.endswith("_11") else None,
        patient_id=lambda case_id: case_id.removesuffix("_11"),
        follow_up=lambda case_id: not case_id.endswith("_11"),
        amend=_unchanged,
    ),
}


def read_feature_center(
    center: str, role: str, path: Path, clinical: Path, collection: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cases and the features of one centre.

    Args:
        center: Name of the centre.
        role: Role of the centre.
        path: CSV file of features: `PatientID`, `IDH_mutant`, `original_<family>_<feature>_<contrast>`, …
        clinical: The collection's clinical table; labels come from there only.
        collection: Key of `COLLECTIONS`: whose columns and spellings these are.

    Returns:
        Cases in the columns of a case table (no files), and features as `case_id`, `region` ("whole"),
        `<modality>_<family>_<feature>`, …; both sorted by case, follow-up scans left out.

    Raises:
        CohortError: every problem at once: missing files and columns, cells that are no numbers, spellings, cases
            without a clinical row, IDH of the two tables that disagrees.
    """
    known = COLLECTIONS[collection]
    raw_features, problems = _feature_rows(path, known)
    raw_clinical, found = _clinical_rows(clinical, known)
    problems += found
    if problems:
        raise CohortError(problems)
    problems += id_problems(path, [row["PatientID"] for row in raw_features])
    rows = []
    for features in raw_features:
        case_id = features["PatientID"]
        if case_id not in raw_clinical:
            problems.append(f"{path}, case {case_id!r}: has no row in {clinical}")
            continue
        raw = known.amend(case_id, raw_clinical[case_id])
        labels, found = harmonise_row(clinical, case_id, raw, known.columns)
        problems += [*found, *_idh_disagreement(path, clinical, case_id, features.get("IDH_mutant", ""), labels["idh"])]
        rows.append(
            {"case_id": case_id, "patient_id": known.patient_id(case_id), "center": center, "role": role, **labels}
        )
    table, found = _feature_table(path, raw_features)
    problems += found
    if problems:
        raise CohortError(problems)
    return case_frame(rows), table


def contract_name(column: str) -> str | None:
    """`original_shape_Elongation_FLAIR` → `flair_shape_Elongation`; `None` for a column that is no feature."""
    match = _FEATURE.fullmatch(column)
    if match is None or match["contrast"] not in _CONTRASTS:
        return None
    return f"{_CONTRASTS[match['contrast']]}_{match['family']}_{match['name']}"


def _feature_rows(path: Path, known: Collection) -> tuple[list[dict[str, str]], list[str]]:
    try:
        header, rows = read_rows(path)
    except CohortError as error:
        return [], list(error.problems)
    if "PatientID" not in header:
        return [], [f"{path}: no column 'PatientID'; found: {', '.join(header[:_MOST_NAMED])}, …"]
    names = [name for column in header if (name := contract_name(column))]
    if not names:
        return [], [f"{path}: no column named like original_shape_Elongation_FLAIR; contrasts: {', '.join(_CONTRASTS)}"]
    problems = [f"{path}: two columns are the feature {name!r}" for name in sorted(set(names)) if names.count(name) > 1]
    for column in header:
        if column not in ("PatientID", "IDH_mutant") and contract_name(column) is None:
            problems.append(
                f"{path}: column {column!r} is not known; features are original_<family>_<feature>_<contrast>"
            )
    return [row for row in rows if not known.follow_up(row["PatientID"])], problems


def _clinical_rows(path: Path, known: Collection) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Case id → raw cells by this project's column names."""
    try:
        header, rows = read_rows(path)
    except CohortError as error:
        return {}, list(error.problems)
    absent = [name for name in known.columns.values() if name not in header]
    if absent:
        return {}, [f"{path}: no column {', '.join(map(repr, absent))}; found: {', '.join(header)}"]
    found: dict[str, dict[str, str]] = {}
    problems = []
    for row in rows:
        case_id = known.case_id(row[known.columns["id"]])
        if case_id is None:
            continue
        if case_id in found:
            problems.append(f"{path}: case {case_id!r} has two rows")
        found[case_id] = {ours: row[theirs] for ours, theirs in known.columns.items() if ours != "id"}
    return found, problems


def _idh_disagreement(path: Path, clinical: Path, case_id: str, code: str, idh: object) -> list[str]:
    """The feature tables carry a copy of the IDH status: where it differs, one of the two tables is misaligned."""
    expected = {"0": "wildtype", "1": "mutant"}.get(code.removesuffix(".0"))
    if expected is None or not idh or idh == expected:
        return []
    problem = f"{path}, case {case_id!r}: IDH_mutant is {code}, but {clinical} says {idh}"
    return [f"{problem}; check that the tables are of the same release and their rows not shifted"]


def _feature_table(path: Path, rows: list[dict[str, str]]) -> tuple[pd.DataFrame, list[str]]:
    columns = {column: name for column in (rows[0] if rows else ()) if (name := contract_name(column))}
    ids = [row["PatientID"] for row in rows]
    data: dict[str, object] = {"case_id": ids, "region": ["whole"] * len(rows)}
    problems = []
    for column, name in columns.items():
        cells = pd.Series([row[column] for row in rows], index=ids)
        values = pd.to_numeric(cells.replace(["", "NA", "nan", "NaN"], None), errors="coerce").astype(float)
        infinite = np.isinf(values.to_numpy())
        wrong = (values.isna() & ~cells.isin(["", "NA", "nan", "NaN"])) | infinite
        problems += [
            f"{path}, case {case_id!r}, column {column!r}: {cell!r} is no finite number"
            for case_id, cell in cells[wrong].items()
        ]
        data[name] = values.to_numpy()
    if not rows:
        problems.append(f"{path}: names no case")
    return pd.DataFrame(data).sort_values("case_id", ignore_index=True), problems
