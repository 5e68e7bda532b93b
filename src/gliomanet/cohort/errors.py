"""What is wrong with a cohort's tables, all of it at once."""

from __future__ import annotations

from collections.abc import Sequence


class CohortError(ValueError):
    """Every problem that was found, one a line, so that a person mends a file in one go.

    Attributes:
        problems: One sentence a problem: file, case, what was found, what is allowed or to be done.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{count} in the cohort:", *(f"  - {problem}" for problem in problems)]))
