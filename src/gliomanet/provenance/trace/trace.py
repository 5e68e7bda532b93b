"""From words to the ground of what they name: a row of a table, or a case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gliomanet.errors import CohortError, Problem
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.biomarker import biomarker_steps
from gliomanet.provenance.trace.case import case_steps
from gliomanet.provenance.trace.figure import figure_steps
from gliomanet.provenance.trace.find import BIOMARKERS, Found, find_rows
from gliomanet.provenance.trace.step import Trace


def trace(study: FinishedStudy, words: Sequence[str], file: Path | None = None) -> Trace | list[Found]:
    """Trace what words name.

    Args:
        study: a finished study.
        words: a case id (and its centre, where several have it); or words of a row, see `find_rows`.
        file: the only table that rows are looked for in.

    Returns:
        The trace; or the rows that the words fit, where they are several.

    Raises:
        CohortError: the words name nothing, a case of several centres, or a table cannot be read.
    """
    if not words:
        action = "name a case, or a row: a model, centre, task and metric, as in `mcc idh external EAST net`"
        problem = Problem("no words", action, file=str(study.layout.results), rule="no_words")
        raise CohortError([problem], where="what is to be traced")
    wanted = {word.casefold() for word in words}
    table = study.cases[study.cases["case_id"].astype(str).str.casefold().isin(wanted)]
    cases = [(str(center), str(case)) for center, case in zip(table["center"], table["case_id"], strict=True)]
    # A case's id may be a number, and so a cell of a row: words of a case are its id and its centre alone.
    if cases and wanted <= {word.casefold() for case in cases for word in case}:
        center, case = _one_case(study, cases, wanted)
        steps = case_steps(study, center, case)
        return Trace(tuple(steps), tuple(study.notes))
    try:
        rows, said = find_rows(study, words, file)
    except CohortError:
        if not cases:
            raise
        raise _beside_a_case(study, cases, words) from None
    if len(rows) > 1:
        return rows
    steps = (biomarker_steps if rows[0].table == BIOMARKERS else figure_steps)(study, rows[0])
    return Trace(tuple(steps), (*study.notes, *([f"{said}, since the words left it open"] if said else [])))


def _beside_a_case(study: FinishedStudy, cases: list[tuple[str, str]], words: Sequence[str]) -> CohortError:
    own = {word.casefold() for case in cases for word in case}
    others = ", ".join(repr(word) for word in words if word.casefold() not in own)
    problem = Problem(
        f"{others}: not the centre of a case {cases[0][1]}, and no row has all the words",
        "name the case by its id and its centre alone, or a row without the case",
        file=str(study.layout.results),
        rule="word_beside_a_case",
    )
    return CohortError([problem], where="what is to be traced")


def _one_case(study: FinishedStudy, cases: list[tuple[str, str]], wanted: set[str]) -> tuple[str, str]:
    named = [one for one in cases if one[0].casefold() in wanted] or cases
    if len(named) == 1:
        return named[0]
    places = ", ".join(f"{case} of {center}" for center, case in named)
    problem = Problem(
        f"the words name several cases: {places}",
        "name one case, and its centre",
        file=str(study.layout.results),
        rule="several_cases",
    )
    raise CohortError([problem], where="what is to be traced")
