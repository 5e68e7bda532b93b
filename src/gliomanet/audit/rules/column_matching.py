"""Matching of a reference table with the case table: its columns, and the case of each of its rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gliomanet.audit.context import listed
from gliomanet.cohort.ages import read_age
from gliomanet.cohort.importers.headers import called
from gliomanet.cohort.patient_keys import case_key
from gliomanet.cohort.read_rows import read_rows
from gliomanet.cohort.vocabulary import harmonise
from gliomanet.errors import CohortError, Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary, further_labels

# Names without letter case and without what is neither letter nor digit.
_IDS = ("caseid", "patientid", "id", "subjectid", "subject", "patient", "case")
_LABELS = {
    "idh": ("idh", "idhmutant", "idhstatus", "idh1", "idhmutation", "idhmutationstatus"),
    "codel_1p19q": ("codel1p19q", "1p19q", "1p19qcodel", "1p19qcodeletion", "1p19qstatus"),
    "grade": ("grade", "whocnsgrade", "tumorgrade", "tumourgrade", "whograde"),
}
_AGES = ("age", "ageatmri", "ageatimaging", "ageatscanyears")
_VOLUME = re.compile(r"volume|_ml$|_mm3$", re.IGNORECASE)
# A surface-to-volume ratio is no volume.
_NO_VOLUME = re.compile(r"ratio", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """A reference table: its header and rows, as text."""

    header: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Columns:
    """Two columns that should agree.

    Attributes:
        label: the case table's name for it.
        theirs_name: the reference table's.
        is_label: a label, not a number.
        ours, theirs: case → known value.
        unread: case → cell of the reference table whose spelling is not known.
    """

    label: str
    theirs_name: str
    is_label: bool
    ours: Mapping[str, object]
    theirs: Mapping[str, object]
    unread: Mapping[str, str]

    def show(self, case: str) -> str:
        """Both values of a case."""
        return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in (self.ours[case], self.theirs[case]))


def read_reference_table(path: Path) -> Table:
    """Header and rows.

    Raises:
        CohortError: what `read_rows` finds, or no row.
    """
    header, rows = read_rows(path)
    if not rows:
        raise CohortError([Problem("has no row", "fill it, or remove reference_table", file=str(path), rule="no_row")])
    return Table(tuple(header), tuple(rows))


def pair_columns(
    cases: pd.DataFrame, table: Table, path: Path, vocabulary: Vocabulary = VOCABULARY
) -> tuple[list[Columns], tuple[str, ...]]:
    """The columns that both tables have, by case.

    Args:
        cases: case table of one centre, with further columns of volumes where they are known.
        table: the reference table.
        path: its file, for messages.
        vocabulary: the study's labels.

    Returns:
        Pairs of columns; and for each row of the reference table in order its case, or an id that no case has.

    Raises:
        CohortError: no column of ids, no column to compare, no common case, cases with two rows.
    """
    id_column = _column(table.header, _IDS)
    if id_column is None:
        found = f"no column of ids; found: {listed(table.header)}"
        action = "name the column of ids case_id"
        raise CohortError([Problem(found, action, file=str(path), rule="no_column_of_ids")])
    order, problems = _case_of_row(cases["case_id"].tolist(), [row[id_column] for row in table.rows], path)
    known = set(cases["case_id"])
    if not known & set(order):
        found = f"no id is a case of the centre; found: {listed(order, 3)}"
        action = "name the table of this centre's cases, or remove reference_table"
        raise CohortError([Problem(found, action, file=str(path), column=id_column, rule="no_common_case")])
    columns = []
    for ours_name, theirs_name in _partners(cases, table.header, vocabulary):
        is_label = ours_name in vocabulary
        theirs: dict[str, object] = {}
        unread: dict[str, str] = {}
        for case, row in zip(order, table.rows, strict=True):
            try:
                value = _read(ours_name, row[theirs_name], vocabulary)
            except ValueError:
                unread[case] = row[theirs_name]
                continue
            if value is not None:
                theirs[case] = value
        ours = {case: value for case, value in zip(cases["case_id"], cases[ours_name], strict=True) if _is_known(value)}
        if not is_label:
            ours = {case: float(value) for case, value in ours.items()}
        columns.append(Columns(ours_name, theirs_name, is_label, ours, theirs, unread))
    if problems:
        raise CohortError(problems)
    if not columns:
        found = f"no column of labels, age or volumes to compare; found: {listed(table.header)}"
        action = "name its columns as the case table does, or remove reference_table"
        raise CohortError([Problem(found, action, file=str(path), rule="no_column_to_compare")])
    return columns, tuple(order)


def _partners(cases: pd.DataFrame, header: Iterable[str], vocabulary: Vocabulary) -> list[tuple[str, str]]:
    header = tuple(header)
    further = {label: tuple(map(_plain, names)) for label, names in called(further_labels(vocabulary)).items()}
    known = {**_LABELS, **further}
    pairs = [(label, column) for label, names in known.items() if (column := _column(header, names))]
    if age := _column(header, _AGES):
        pairs.append(("age", age))
    by_name = {_plain(column): column for column in header}
    for column in cases.columns:
        if _VOLUME.search(column) and not _NO_VOLUME.search(column) and (partner := by_name.get(_plain(column))):
            pairs.append((column, partner))
    return pairs


def _column(header: Iterable[str], names: tuple[str, ...]) -> str | None:
    by_name = {_plain(column): column for column in header}
    return next((by_name[name] for name in names if name in by_name), None)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _case_of_row(case_ids: list[str], ids: list[str], path: Path) -> tuple[list[str], list[Problem]]:
    """The case of each row: its id, or the one case whose id differs by spelling only."""
    exact = set(case_ids)
    keys = Counter(map(case_key, case_ids))
    by_key = {case_key(case): case for case in case_ids if keys[case_key(case)] == 1}
    order = [identifier if identifier in exact else by_key.get(case_key(identifier), identifier) for identifier in ids]
    twice = [case for case, number in Counter(order).items() if number > 1 and case]
    problems = [
        Problem("has several rows", "keep one", file=str(path), case=case, rule="case_in_several_rows")
        for case in twice
        if case in exact
    ]
    return order, problems


def _read(column: str, cell: str, vocabulary: Vocabulary) -> object | None:
    if column in vocabulary:
        return harmonise(column, cell, vocabulary) or None
    if column == "age":
        age = read_age(cell).years
        return None if pd.isna(age) else age
    if cell.lower() in MISSING_SPELLINGS:
        return None
    return float(cell)


def _is_known(value: object) -> bool:
    return value != "" and not (isinstance(value, float) and pd.isna(value))
