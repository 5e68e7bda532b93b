"""Problems as fields, and the exceptions that carry them: what can end a case, a table or a study."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, for the person who can mend it; its sentence is made where it is shown, by `str`.

    Attributes:
        found: what was found, with the values and what is allowed; no full stop.
        action: what to do; no full stop.
        key: key of the study that it is about, such as `models.net.stages`.
        file: file that it is in.
        line: line of that file, from 1.
        column: column of that table.
        center: centre concerned.
        case: case concerned.
        rule: name of the check in snake case, such as `mask_on_a_foreign_grid`; tests and the audit know it by this.
    """

    found: str
    action: str = ""
    key: str = ""
    file: str = ""
    line: int | None = None
    column: str = ""
    center: str = ""
    case: str = ""
    rule: str = ""

    def __str__(self) -> str:
        """`<key, centre, file, line, case, column>: <found>; <action>`."""
        places = (
            self.key,
            self.center and f"centre {self.center}",
            self.file,
            f"line {self.line}" if self.line is not None else "",
            self.case and f"case {self.case!r}",
            self.column and f"column {self.column!r}",
        )
        where = ", ".join(filter(None, places))
        return (f"{where}: " if where else "") + self.found + (f"; {self.action}" if self.action else "")

    def at(self, **places: str | int | None) -> Problem:
        """The same problem with further places, such as its centre."""
        return replace(self, **places)  # type: ignore[arg-type]


class CaseError(ValueError):
    """A defect of one case's own files: the case is listed as failed with this message, and the others go on."""

    def __init__(self, problem: Problem | str) -> None:
        self.problem = problem if isinstance(problem, Problem) else Problem(problem)
        super().__init__(str(self.problem))


class StudyStopError(RuntimeError):
    """The study's own policy forbids going on: a refused missing modality, or too few cases left at a centre."""


class _ProblemsError(ValueError):
    """Every problem at once, one per line, so that a person mends a file in one go."""

    def __init__(self, problems: Iterable[Problem | str], where: str) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem(p) for p in problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n".join([f"{count} in {where}:", *(f"  - {problem}" for problem in self.problems)]))


class CohortError(_ProblemsError):
    """Every problem of a cohort's tables and folders."""

    def __init__(self, problems: Iterable[Problem | str]) -> None:
        super().__init__(problems, "the cohort")


class StudyError(_ProblemsError):
    """Every problem of a study's configuration."""

    def __init__(self, problems: Iterable[Problem | str], where: str = "the study's configuration") -> None:
        super().__init__(problems, where)


class ModelError(_ProblemsError):
    """Every problem of a trained model's description."""

    def __init__(self, problems: Iterable[Problem | str]) -> None:
        super().__init__(problems, "a trained model's description")


class RegistrationError(RuntimeError):
    """ANTs gave up on this pair of images."""
