"""Mapping tables of a study: each row holds the ids, one a column, that collections give the same patient."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from gliomanet.audit.context import AuditContext, listed
from gliomanet.cohort.case_ids import CASE_ID, rewritten_id_problems
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.patient_keys import is_local
from gliomanet.cohort.read_rows import read_numbered_rows
from gliomanet.cohort.rows_under_header import is_number
from gliomanet.cohort.vocabulary import FURTHER_SPELLINGS, SPELLINGS
from gliomanet.errors import CohortError, Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS

_LEAST_DISTINCT = 0.5
_Ids = list[tuple[str, str]]  # centre whose ids a column holds, or ""; id
_Read = tuple[list[tuple[_Ids, int]], list[Problem], list[str]]


def mapping_table_unusable(context: AuditContext) -> Iterator[Finding]:
    """A mapping table that is not there, or has fewer than two columns of ids: error; columns passed over: note."""
    for path in context.identities:
        _, problems, passed_over = same_patient_ids(path, context.names)
        for problem in problems:
            yield Finding.of(problem, "error", rule="mapping_table_unusable", action="correct identities")
        if passed_over and not problems:
            yield Finding(
                "note",
                "mapping_columns_not_used",
                "",
                "",
                str(path),
                f"columns that do not look like ids: {listed(passed_over)}",
                "nothing; name a column of plain numbers after the centre whose ids they are",
            )


def same_patient_ids(path: Path, centers: Collection[str]) -> _Read:
    """The ids of each row of a mapping table.

    A column named after a centre holds that centre's ids, plain numbers too. Any other column holds ids where its
    cells could name a case, are not all numbers or labels, and mostly differ from row to row.

    Returns:
        (centre or "", id) of each row with two ids or more, with its line; problems; columns passed over.
    """
    try:
        header, numbered = read_numbered_rows(path)
    except CohortError as error:
        return [], list(error.problems), []
    rows = [row for _, row in numbered]
    used = [
        column
        for column in header
        if column in centers or _are_ids([row[column] for row in rows if _known(row[column])])
    ]
    passed_over = [column for column in header if column not in used]
    if changed := [one for column in used for one in rewritten_id_problems(path, column, [r[column] for r in rows])]:
        return [], changed, passed_over
    if len(used) < 2:
        found = f"{len(used)} columns of ids among {listed(header)}"
        action = "at least two are needed, one per collection; a column of plain numbers must be named after its centre"
        return [], [Problem(found, action, file=str(path), rule="too_few_columns_of_ids")], passed_over
    patients = []
    for line, row in numbered:
        cells = [(column if column in centers else "", row[column]) for column in used if _known(row[column])]
        ids = [(center, cell) for center, cell in cells if center or not is_local(cell)]
        if len(ids) > 1:
            patients.append((ids, line))
    return patients, [], passed_over


def _known(cell: str) -> bool:
    return cell.lower() not in MISSING_SPELLINGS


def _are_ids(cells: list[str]) -> bool:
    of_labels = (*SPELLINGS.values(), *FURTHER_SPELLINGS.values())
    labels = {spelling for spellings in of_labels for spelling in spellings}
    if not cells or all(is_local(cell) or cell.lower() in labels or is_number(cell) for cell in cells):
        return False
    shaped = all(CASE_ID.fullmatch(cell) and any(letter.isdigit() for letter in cell) for cell in cells)
    return shaped and len(set(cells)) > _LEAST_DISTINCT * len(cells)
