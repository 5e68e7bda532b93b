"""Labels of the cases: one row per case, as patients, centres and values of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gliomanet.cohort.case_ids import known_patient, rewritten_id_problems
from gliomanet.cohort.read_rows import CellError, no_case, no_column, read_numbered_rows
from gliomanet.errors import CohortError, Problem
from gliomanet.scoring.column_map import SHARED, ColumnMap
from gliomanet.scoring.options import Words


@dataclass(frozen=True)
class LabelledCase:
    """A row of the table of labels.

    Attributes:
        line: its line.
        case: the case.
        patient: the patient; "" where the table does not say.
        center: the centre; "" where the table does not say.
        labels: label → value, "" where unknown.
    """

    line: int
    case: str
    patient: str
    center: str
    labels: Mapping[str, str]


def center_by(pattern: str) -> Callable[[str], str]:
    """A function from a case's id to its centre: the first group of a pattern, "" where that does not match."""
    expression = re.compile(pattern)
    return lambda case: (found[1] or "") if (found := expression.search(case)) and found.groups() else ""


def read_labels(path: Path, columns: ColumnMap, words: Words) -> tuple[list[LabelledCase], Sequence[str]]:
    """Read the cases of a table of labels.

    Args:
        path: CSV, TSV or Excel file.
        columns: options on its columns; without one, a label is the column of its name.
        words: labels, and the words of the cells.

    Returns:
        The cases in the order of the file, and the table's columns.

    Raises:
        CohortError: everything that is wrong with the table: no column of cases or of any label, a case twice, a
            spelling that is not known.
    """
    header, rows = read_numbered_rows(path)
    named = columns.in_table("labels", path, header, [*SHARED, *words.vocabulary])
    file = str(path)
    problems = [] if "case_id" in named else [_unnamed(path, ["case_id"], header)]
    labels = [label for label in words.vocabulary if label in named]
    problems += [] if labels else [_unnamed(path, list(words.vocabulary), header)]
    problems += [] if rows else [no_case(path)]
    if problems:
        raise CohortError(problems, where="the table of labels")
    problems += rewritten_id_problems(path, named["case_id"], (cells[named["case_id"]] for _, cells in rows))
    cases: list[LabelledCase] = []
    lines: dict[tuple[str, str], int] = {}
    for line, cells in rows:
        case = cells[named["case_id"]]
        center = cells[named["center"]] if "center" in named else ""
        if not case:
            problems.append(no_id(file, line, named["case_id"]))
            continue
        if first := lines.get((center, case)):
            found, action = f"is there twice, also in line {first}", "keep one row per case"
            problems.append(Problem(found, action, file=file, line=line, case=case, rule="case_twice"))
        lines.setdefault((center, case), line)
        values = {}
        for label in labels:
            try:
                values[label] = words.value(label, cells[named[label]])
            except CellError as error:
                problems.append(error.problem.at(file=file, line=line, case=case, column=named[label]))
        patient = known_patient(path, case, cells[named["patient_id"]]) if "patient_id" in named else ""
        cases.append(LabelledCase(line, case, patient, center, values))
    if problems:
        raise CohortError(problems, where="the table of labels")
    return cases, header


def no_id(file: str, line: int, column: str) -> Problem:
    """A row without a case."""
    return Problem("no case", "fill in its id, or remove the row", file=file, line=line, column=column, rule="no_id")


def _unnamed(path: Path, names: list[str], header: Sequence[str]) -> Problem:
    """A column of ours that neither an option nor the table's header names."""
    problem = no_column(path, names, list(header))
    options = " or ".join(f"--map {name}=…" for name in names)
    return problem.at(action=f"say which column it is by {options}")
