"""Collections that come as tables of radiomic features: their cases and features in this project's terms.

The feature tables are pyradiomics' (`original_<family>_<feature>_<modality>`, whole tumour); labels, age and sex come
from each collection's own clinical table (UCSF-PDGM v5, UTSW-Glioma, UPENN-GBM v2.1 of The Cancer Imaging Archive).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from gliomanet.cohort.case_ids import id_problems
from gliomanet.cohort.importers import ucsf_pdgm, upenn_gbm, utsw
from gliomanet.cohort.importers.case_table import exam_labels
from gliomanet.cohort.importers.label_tables import LabelRows, ReleasedTable
from gliomanet.cohort.importers.layout import Layout
from gliomanet.cohort.read_rows import CellError, no_case, no_column, read_rows
from gliomanet.cohort.table import case_frame
from gliomanet.errors import CohortError, Problem
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary, further_labels

_FEATURE = re.compile(r"original_(?P<family>[a-z]+)_(?P<name>\w+)_(?P<modality>[A-Za-z0-9]+)")
_MODALITIES = {"T1": "t1", "T1c": "t1c", "T1GD": "t1c", "T2": "t2", "FLAIR": "flair"}
_MOST_NAMED = 10


COLLECTIONS: dict[str, tuple[Layout, ReleasedTable]] = {
    "ucsf-pdgm": (ucsf_pdgm.LAYOUT, ucsf_pdgm.TABLE),
    "utsw": (utsw.LAYOUT, utsw.TABLE),
    "upenn-gbm": (upenn_gbm.LAYOUT, upenn_gbm.TABLE),
}
"""Format of a feature source → its collection, and that one's clinical table."""


def read_feature_center(
    center: str, role: str, path: Path, clinical: Path, collection: str, vocabulary: Vocabulary = VOCABULARY
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cases and the features of one centre.

    Args:
        center: Name of the centre.
        role: Role of the centre.
        path: CSV file of features: `PatientID`, `IDH_mutant`, `original_<family>_<feature>_<modality>`, …
        clinical: The collection's clinical table; labels come from there only.
        collection: Key of `COLLECTIONS`: the collection of these columns and spellings.
        vocabulary: The study's labels; a further one that the clinical table lacks is unknown.

    Returns:
        Cases in the columns of a case table (no files), and features as `case_id`, `region` ("whole"),
        `<modality>_<family>_<feature>`, …; both sorted by case, follow-up scans left out.

    Raises:
        CohortError: every problem at once: missing files and columns, cells that are no numbers, spellings, cases
            without a clinical row, IDH of the two tables that disagrees.
    """
    layout, table = COLLECTIONS[collection]
    labels = further_labels(vocabulary)
    raw_features, problems = _feature_rows(path, layout)
    rows_of_labels = LabelRows(None)
    try:
        rows_of_labels = table.read_file(clinical, layout.row_id, labels)
    except CohortError as error:
        problems += error.problems
    if problems:
        raise CohortError(problems)
    problems += id_problems(path, [row["PatientID"] for row in raw_features])
    rows_of_labels = rows_of_labels.joined(row["PatientID"] for row in raw_features)
    rows = []
    for features in raw_features:
        case_id = features["PatientID"]
        if case_id not in rows_of_labels.cells:
            action = "add it, or remove the case from the table of features"
            no_row = Problem(f"has no row in {clinical}", action, file=str(path), case=case_id, rule="no_clinical_row")
            problems.append(no_row)
            continue
        exam = layout.exam_of(case_id, rows_of_labels.cells[case_id], labels)
        row, found = exam_labels(exam, clinical, rows_of_labels.columns, vocabulary)
        problems += [*found, *_idh_disagreement(path, clinical, case_id, features.get("IDH_mutant", ""), row["idh"])]
        rows.append({**row, "center": center, "role": role})
    features_table, found = _feature_table(path, raw_features)
    problems += found
    if problems:
        raise CohortError(problems)
    return case_frame(rows, vocabulary), features_table


def contract_name(column: str) -> str | None:
    """`original_shape_Elongation_FLAIR` → `flair_shape_Elongation`; `None` for a column that is no feature."""
    match = _FEATURE.fullmatch(column)
    if match is None or match["modality"] not in _MODALITIES:
        return None
    return f"{_MODALITIES[match['modality']]}_{match['family']}_{match['name']}"


def _feature_rows(path: Path, layout: Layout) -> tuple[list[dict[str, str]], list[Problem]]:
    try:
        header, rows = read_rows(path)
    except CohortError as error:
        return [], list(error.problems)
    if "PatientID" not in header:
        return [], [no_column(path, ["PatientID"], [*header[:_MOST_NAMED], "…"])]
    names = [name for column in header if (name := contract_name(column))]
    if not names:
        action = f"name features like original_shape_Elongation_FLAIR; modalities: {', '.join(_MODALITIES)}"
        return [], [Problem("no column of a feature", action, file=str(path), rule="no_feature")]
    problems = [
        Problem(f"two columns are the feature {name!r}", "keep one", file=str(path), rule="feature_twice")
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    for column in header:
        if column not in ("PatientID", "IDH_mutant") and contract_name(column) is None:
            action = "remove it; features are original_<family>_<feature>_<modality>"
            problems.append(Problem("is not known", action, file=str(path), column=column, rule="unknown_column"))
    return [row for row in rows if not _is_follow_up(row["PatientID"], layout)], problems


def _is_follow_up(identifier: str, layout: Layout) -> bool:
    try:
        return layout.exam(layout.row_id(identifier), {}).scan != "baseline"
    except CellError:
        return False  # no id of the collection: reported as a case without a clinical row


def _idh_disagreement(path: Path, clinical: Path, case_id: str, code: str, idh: object) -> list[Problem]:
    """The feature tables carry a copy of the IDH status: where it differs, one of the two tables is misaligned."""
    expected = {"0": "wildtype", "1": "mutant"}.get(code.removesuffix(".0"))
    if expected is None or not idh or idh == expected:
        return []
    found = f"IDH_mutant is {code}, but {clinical} says {idh}"
    action = "check that the tables are of the same release and their rows not shifted"
    return [Problem(found, action, file=str(path), case=case_id, column="IDH_mutant", rule="idh_disagrees")]


def _feature_table(path: Path, rows: list[dict[str, str]]) -> tuple[pd.DataFrame, list[Problem]]:
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
            Problem(f"{cell!r} is no finite number", "correct it, or empty it", rule="no_number").at(
                file=str(path), case=str(case_id), column=column
            )
            for case_id, cell in cells[wrong].items()
        ]
        data[name] = values.to_numpy()
    if not rows:
        problems.append(no_case(path))
    return pd.DataFrame(data).sort_values("case_id", ignore_index=True), problems
