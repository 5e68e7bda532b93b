"""Collections that come as tables of radiomic features: their cases and features in this project's terms.

The feature tables are pyradiomics' (`original_<family>_<feature>_<modality>`, whole tumour); labels, age and sex come
from each collection's own clinical table (UCSF-PDGM v5, UTSW-Glioma, UPENN-GBM v2.1 of The Cancer Imaging Archive).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from gliomanet.cohort.importers import ucsf_pdgm, upenn_gbm, utsw
from gliomanet.cohort.importers.case_table import exam_labels
from gliomanet.cohort.importers.clinical import ClinicalTable, read_clinical, with_labels
from gliomanet.cohort.read_rows import read_rows
from gliomanet.cohort.table import case_frame, id_problems
from gliomanet.errors import CohortError
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary, further_labels

_FEATURE = re.compile(r"original_(?P<family>[a-z]+)_(?P<name>\w+)_(?P<modality>[A-Za-z0-9]+)")
_MODALITIES = {"T1": "t1", "T1c": "t1c", "T1GD": "t1c", "T2": "t2", "FLAIR": "flair"}
_MOST_NAMED = 10


COLLECTIONS: dict[str, ClinicalTable] = {
    "ucsf-pdgm": ucsf_pdgm.CLINICAL,
    "utsw": utsw.CLINICAL,
    "upenn-gbm": upenn_gbm.CLINICAL,
}
"""Format of a feature source → how the collection's clinical table is read."""


def read_feature_center(
    center: str, role: str, path: Path, clinical: Path, collection: str, vocabulary: Vocabulary = VOCABULARY
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cases and the features of one centre.

    Args:
        center: Name of the centre.
        role: Role of the centre.
        path: CSV file of features: `PatientID`, `IDH_mutant`, `original_<family>_<feature>_<modality>`, …
        clinical: The collection's clinical table; labels come from there only.
        collection: Key of `COLLECTIONS`: whose columns and spellings these are.
        vocabulary: The study's labels; a further one that the clinical table lacks is unknown.

    Returns:
        Cases in the columns of a case table (no files), and features as `case_id`, `region` ("whole"),
        `<modality>_<family>_<feature>`, …; both sorted by case, follow-up scans left out.

    Raises:
        CohortError: every problem at once: missing files and columns, cells that are no numbers, spellings, cases
            without a clinical row, IDH of the two tables that disagrees.
    """
    known = with_labels(COLLECTIONS[collection], clinical, further_labels(vocabulary))
    raw_features, problems = _feature_rows(path, known)
    exams, found = read_clinical(clinical, known)
    problems += found
    if problems:
        raise CohortError(problems)
    problems += id_problems(path, [row["PatientID"] for row in raw_features])
    rows = []
    for features in raw_features:
        case_id = features["PatientID"]
        if case_id not in exams:
            problems.append(f"{path}, case {case_id!r}: has no row in {clinical}")
            continue
        row, found = exam_labels(exams[case_id], clinical, known.columns, vocabulary)
        problems += [*found, *_idh_disagreement(path, clinical, case_id, features.get("IDH_mutant", ""), row["idh"])]
        rows.append({**row, "center": center, "role": role})
    table, found = _feature_table(path, raw_features)
    problems += found
    if problems:
        raise CohortError(problems)
    return case_frame(rows, vocabulary), table


def contract_name(column: str) -> str | None:
    """`original_shape_Elongation_FLAIR` → `flair_shape_Elongation`; `None` for a column that is no feature."""
    match = _FEATURE.fullmatch(column)
    if match is None or match["modality"] not in _MODALITIES:
        return None
    return f"{_MODALITIES[match['modality']]}_{match['family']}_{match['name']}"


def _feature_rows(path: Path, known: ClinicalTable) -> tuple[list[dict[str, str]], list[str]]:
    try:
        header, rows = read_rows(path)
    except CohortError as error:
        return [], list(map(str, error.problems))
    if "PatientID" not in header:
        return [], [f"{path}: no column 'PatientID'; found: {', '.join(header[:_MOST_NAMED])}, …"]
    names = [name for column in header if (name := contract_name(column))]
    if not names:
        return [], [
            f"{path}: no column named like original_shape_Elongation_FLAIR; modalities: {', '.join(_MODALITIES)}"
        ]
    problems = [f"{path}: two columns are the feature {name!r}" for name in sorted(set(names)) if names.count(name) > 1]
    for column in header:
        if column not in ("PatientID", "IDH_mutant") and contract_name(column) is None:
            problems.append(
                f"{path}: column {column!r} is not known; features are original_<family>_<feature>_<modality>"
            )
    return [row for row in rows if not _is_follow_up(row["PatientID"], known)], problems


def _is_follow_up(identifier: str, known: ClinicalTable) -> bool:
    try:
        return known.exam({"id": identifier}).scan != "baseline"
    except ValueError:
        return False  # no id of the collection: reported as a case without a clinical row


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
