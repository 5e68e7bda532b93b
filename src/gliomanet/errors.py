"""Exceptions: what can end a case, a table or a study, for the person who can mend it."""

from __future__ import annotations

from collections.abc import Sequence


class CaseError(ValueError):
    """A defect of one case's own files: the case is listed as failed with this message, and the others go on."""


class StudyStopError(RuntimeError):
    """The study's own policy forbids going on: a refused missing contrast, or too few cases left at a centre."""


class CohortError(ValueError):
    """Every problem that was found, one a line, so that a person mends a file in one go.

    Attributes:
        problems: One sentence a problem: file, case, what was found, what is allowed or to be done.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{count} in the cohort:", *(f"  - {problem}" for problem in problems)]))


class StudyError(ValueError):
    """All problems of a study at once, one a line."""

    def __init__(self, problems: Sequence[str], where: str = "the study's configuration") -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{count} in {where}:", *(f"  - {p}" for p in problems)]))


class RegistrationError(RuntimeError):
    """ANTs gave up on this pair of images."""
