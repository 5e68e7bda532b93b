"""A person's decisions on cases: which are kept, looked at again, or excluded, and why."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from gliomanet.cohort.read_rows import no_column, read_rows
from gliomanet.errors import CohortError, Problem

DECISIONS = ("keep", "review", "exclude")
COLUMNS = ("center", "case_id", "decision", "reason")


class Decision(NamedTuple):
    """A person's decision on one case; a reason is wanted beside every `exclude`, but an empty one is allowed."""

    decision: str
    reason: str


def read_decisions(path: Path, known: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Decision]]:
    """The decisions of a table with the columns `center`, `case_id`, `decision`, `reason`; others are comments.

    Args:
        path: TSV or CSV file; `reason` may be absent.
        known: Centre → ids of its cases.

    Returns:
        Centre → case → decision, for every centre of `known`.

    Raises:
        CohortError: every problem at once: no such file, missing columns, unknown decisions, centres and cases with
            the nearest known one, a case twice.
    """
    header, rows = read_rows(path)
    if absent := [name for name in COLUMNS[:3] if name not in header]:
        raise CohortError([no_column(path, absent, header)])
    ids = {center: set(case_ids) for center, case_ids in known.items()}
    decisions: dict[str, dict[str, Decision]] = {center: {} for center in ids}
    problems = []
    for row in rows:
        center, case_id, decision = row["center"], row["case_id"], row["decision"]
        at = {"file": str(path), "center": center, "case": case_id}
        if decision not in DECISIONS:
            found, action = f"decision is {decision!r}", _nearest(decision, DECISIONS)
            problems.append(Problem(found, action, rule="unknown_decision").at(**at))
        if center not in ids:
            problems.append(Problem("no such centre in the study", _nearest(center, ids), rule="no_centre").at(**at))
        elif case_id not in ids[center]:
            action = _nearest(case_id, ids[center])
            problems.append(Problem("no such case in this centre", action, rule="no_such_case").at(**at))
        elif case_id in decisions[center]:
            problems.append(Problem("is there twice", "keep one row", rule="case_twice").at(**at))
        else:
            decisions[center][case_id] = Decision(decision, row.get("reason", ""))
    if problems:
        raise CohortError(problems)
    return decisions


def excluded_cases(decisions: Mapping[str, Mapping[str, Decision]]) -> frozenset[tuple[str, str]]:
    """Centre and id of each case that a person excluded."""
    return frozenset(
        (center, case_id)
        for center, cases in decisions.items()
        for case_id, decision in cases.items()
        if decision.decision == "exclude"
    )


def _nearest(found: str, names: Iterable[str], most: int = 8) -> str:
    ordered = sorted(names)
    if close := difflib.get_close_matches(found, ordered, n=1, cutoff=0.6):
        return f"did you mean {close[0]!r}?"
    return f"allowed: {', '.join(ordered[:most])}{', …' if len(ordered) > most else ''}"
