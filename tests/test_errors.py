"""The one sentence of many problems: brief, with every kind, and with what to do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gliomanet.errors import LONGEST, MOST_SHOWN, CohortError, Problem


def lines_of(problems: list[Problem]) -> list[str]:
    return str(CohortError(problems)).splitlines()


def test_many_problems_of_one_kind_are_counted_after_a_dozen():
    problems = [Problem("'x' is no spelling", "allowed: y", case=f"{n}", rule="unknown_spelling") for n in range(400)]
    first, *shown, rest = lines_of(problems)
    assert first == "400 problems in the cohort:"
    assert len(shown) == MOST_SHOWN
    assert ["allowed: y" in line for line in shown] == [True] + [False] * (MOST_SHOWN - 1)
    assert f"{400 - MOST_SHOWN} more" in rest


def test_a_problem_that_names_hundreds_of_cases_is_cut():
    told = lines_of([Problem("absent: " + ", ".join(f"case-{n}" for n in range(500)), rule="absent")])
    assert len(told[1]) <= LONGEST + len("  - ")
    assert told[1].endswith("…")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=80))
def test_every_kind_is_shown_and_every_problem_is_counted(kinds):
    problems = [Problem("found", f"do {action}", case=f"{n}", rule=rule) for n, (rule, action) in enumerate(kinds)]
    told = lines_of(problems)[1:]
    shown = [line for line in told if line.startswith("  - ")]
    more = sum(int(line.split()[2]) for line in told if line.startswith("    … and "))
    assert len(shown) + more == len(problems)
    assert sum("do " in line for line in shown) == len(set(kinds))
