"""A hospital's own table of cases, read into the columns of `results/cohort/<center>.tsv`."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from gliomanet.cohort.read_rows import read_rows
from gliomanet.cohort.vocabulary import harmonise, read_age
from gliomanet.errors import CohortError
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary
from gliomanet.modalities import FILE_COLUMNS, MODALITIES


def columns_of(vocabulary: Vocabulary = VOCABULARY) -> tuple[str, ...]:
    """The columns of a case table. All are text with "" for missing, but `age`: years, NaN for missing.

    `<label>_raw`: the cell as found; `grade_edition`: year of the WHO edition of the grade; `diagnosis`: the
    collection's own words; `other_ids`: the same patient's ids elsewhere, separated by ";".
    """
    return (
        *("case_id", "patient_id", "center", "role", *FILE_COLUMNS, *vocabulary, "age", "sex"),
        *(*_beside(vocabulary, "source"), *_beside(vocabulary, "raw"), "grade_edition", "diagnosis"),
        *("scan", "other_ids"),
    )


def _beside(labels: Iterable[str], what: str) -> tuple[str, ...]:
    return tuple(f"{label}_{what}" for label in labels)


COLUMNS = columns_of()
"""The columns of a case table without further labels."""


def allowed_cells(vocabulary: Vocabulary = VOCABULARY) -> dict[str, tuple[str, ...]]:
    """Column → its values; "" is allowed, too: unknown, and for `scan` a baseline scan."""
    return {
        **dict.fromkeys(_beside(vocabulary, "source"), ("measured", "derived")),
        "grade_edition": ("2021", "2016", "2007"),
        "scan": ("baseline", "follow_up", "post_operative"),
    }


def labels_in(cases: pd.DataFrame) -> tuple[str, ...]:
    """The label columns of a case table, further ones too: a table says itself what a label is, by `<label>_source`."""
    return tuple(c for c in cases.columns if c in VOCABULARY or f"{c}_source" in cases.columns)


def label_cells_in(cases: pd.DataFrame) -> list[str]:
    """Every column that tells of a label: value, source, raw cell, edition, diagnosis."""
    labels = labels_in(cases)
    told = (*labels, *_beside(labels, "source"), *_beside(labels, "raw"), "grade_edition", "diagnosis")
    return [column for column in told if column in cases]


# Ids become folder names and workflow wildcards.
CASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read_case_table(
    path: Path, center: str, role: str, files_root: Path | None = None, vocabulary: Vocabulary = VOCABULARY
) -> pd.DataFrame:
    """The cases of one centre, with harmonised labels.

    Args:
        path: TSV or CSV file with a `case_id` column; every other column of `columns_of` is optional.
        center: Name of the centre, put into every row.
        role: Role of the centre, put into every row.
        files_root: Folder that relative file names start at; default: the table's own.
        vocabulary: The study's labels.

    Returns:
        One row a case, sorted by `case_id`, in `columns_of(vocabulary)`.

    Raises:
        CohortError: every problem of the file at once.
    """
    header, raw = read_rows(path)
    if problems := _header_problems(path, header, columns_of(vocabulary)):
        raise CohortError(problems)
    root = path.parent if files_root is None else files_root
    rows = []
    for cells in raw:
        row, found = _read_row(path, cells, center, role, root, vocabulary)
        rows.append(row)
        problems += found
    problems += id_problems(path, [str(row["case_id"]) for row in rows])
    if not rows:
        problems.append(f"{path}: names no case")
    if problems:
        raise CohortError(problems)
    return case_frame(rows, vocabulary)


def harmonise_row(
    path: Path,
    case_id: str,
    raw: Mapping[str, str],
    names: Mapping[str, str],
    vocabulary: Vocabulary = VOCABULARY,
) -> tuple[dict[str, object], list[str]]:
    """Harmonised labels, their sources and raw cells, age and sex of one case.

    Args:
        path: The file, for messages.
        case_id: The case, for messages.
        raw: Column of this project → cell as found; an absent column is an unknown value. `<label>_raw`, where it is
            there, is the cell as it was found before that (empty for a label that was derived).
        names: Column of this project → the file's own name for it, for messages.
        vocabulary: The study's labels.

    Returns:
        The values, and the problems found in them.
    """
    values: dict[str, object] = {}
    problems = []
    for column in (*vocabulary, "sex", "age"):
        cell = raw.get(column, "")
        try:
            values[column] = read_age(cell) if column == "age" else harmonise(column, cell, vocabulary)
        except ValueError as error:
            values[column] = math.nan if column == "age" else ""
            problems.append(f"{path}, case {case_id!r}, column {names.get(column, column)!r}: {error}")
    for label in vocabulary:
        source = f"{label}_source"
        values[source] = (raw.get(source) or "measured") if values[label] else ""
        values[f"{label}_raw"] = raw.get(f"{label}_raw", raw.get(label, ""))
    return values, problems


def id_problems(path: Path, case_ids: Iterable[str]) -> list[str]:
    """Ids that cannot name a folder, or that name two."""
    problems = []
    seen: dict[str, str] = {}
    for case_id in case_ids:
        if case_id and not CASE_ID.fullmatch(case_id):
            problems.append(
                f"{path}: case_id {case_id!r} cannot name a folder; allowed: letters, digits, '.', '_' and '-', "
                "starting with a letter or a digit"
            )
        # Folders that differ by case only are one folder on some disks.
        first = seen.get(case_id.lower())
        if case_id and first is not None:
            same = "is there twice" if first == case_id else f"differs from {first!r} by case only"
            problems.append(f"{path}: case_id {case_id!r} {same}; every case needs an id of its own")
        seen.setdefault(case_id.lower(), case_id)
    return problems


def case_frame(rows: Iterable[Mapping[str, object]], vocabulary: Vocabulary = VOCABULARY) -> pd.DataFrame:
    """Rows as a case table in `columns_of(vocabulary)`, sorted by case: text with "" for missing, `age` a number."""
    columns = columns_of(vocabulary)
    cases = pd.DataFrame([{**dict.fromkeys(columns, ""), **row} for row in rows], columns=list(columns))
    cases = cases.astype({column: str for column in columns if column != "age"})
    cases["age"] = pd.to_numeric(cases["age"]).astype(float)
    return cases.sort_values("case_id", ignore_index=True)


def without_labels(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases with every label unknown, raw cells and diagnosis too: what a centre of role `unlabelled` gives."""
    return cases.assign(**dict.fromkeys(label_cells_in(cases), ""))


def _header_problems(path: Path, header: list[str], columns: tuple[str, ...]) -> list[str]:
    problems = []
    if "case_id" not in header:
        problems.append(f"{path}: no column 'case_id'; found: {', '.join(header)}")
    if not set(header) & set(MODALITIES):
        problems.append(f"{path}: names no image; at least one of the columns {', '.join(MODALITIES)} is needed")
    for name in header:
        if name not in columns:
            close = difflib.get_close_matches(name.lower(), columns, n=1, cutoff=0.6)
            hint = f"did you mean {close[0]!r}?" if close else f"allowed: {', '.join(columns)}, and the study's labels"
            problems.append(f"{path}: column {name!r} is not known; {hint}")
    return problems


def _read_row(
    path: Path, cells: Mapping[str, str], center: str, role: str, root: Path, vocabulary: Vocabulary
) -> tuple[dict[str, object], list[str]]:
    case_id = cells["case_id"]
    problems = [] if case_id else [f"{path}: a row without case_id: {', '.join(filter(None, cells.values()))}"]
    for column, expected in (("center", center), ("role", role)):
        if cells.get(column) and cells[column] != expected:
            problems.append(
                f"{path}, case {case_id!r}: {column} is {cells[column]!r}, but the study reads this table for "
                f"{column} {expected!r}; a table holds one centre"
            )
    for column, values in allowed_cells(vocabulary).items():
        if cells.get(column) and cells[column] not in values:
            problems.append(
                f"{path}, case {case_id!r}, column {column!r}: {cells[column]!r}; allowed: {', '.join(values)}, empty"
            )
    files = {name: str(root / cells[name]) if cells.get(name) else "" for name in FILE_COLUMNS}
    if not any(files[name] for name in MODALITIES):
        problems.append(
            f"{path}, case {case_id!r}: names no image; fill one of {', '.join(MODALITIES)} or remove the row"
        )
    labels, found = harmonise_row(path, case_id, cells, {}, vocabulary)
    identity = {"case_id": case_id, "patient_id": cells.get("patient_id") or case_id, "center": center, "role": role}
    about = {name: cells.get(name, "") for name in ("grade_edition", "diagnosis", "other_ids")}
    about["scan"] = cells.get("scan") or "baseline"
    return {**identity, **files, **labels, **about}, [*problems, *found]


def derive_1p19q(cases: pd.DataFrame) -> pd.DataFrame:
    """Fill unknown 1p/19q as `intact` where IDH is wildtype.

    Args:
        cases: A case table.

    Returns:
        The table, with `codel_1p19q_source` "derived" for the filled cells; raw cells stay as found.
    """
    filled = cases["idh"].eq("wildtype") & cases["codel_1p19q"].eq("")
    derived = cases.copy()
    derived.loc[filled, ["codel_1p19q", "codel_1p19q_source"]] = ["intact", "derived"]
    return derived
