"""Problems as fields, and the exceptions that carry them: what can end a case, a table or a study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
        image: the modality or mask whose file it is; `found` then goes on from there ("does not exist").
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
    image: str = ""
    center: str = ""
    case: str = ""
    rule: str = ""

    @property
    def said(self) -> str:
        """`found` as a whole sentence: with the image that it is said of, and its file."""
        return f"{self.image} ({self.file}) {self.found}" if self.image else self.found

    def __str__(self) -> str:
        """`<key, centre, file, line, case, column>: <found>; <action>`."""
        file = "" if self.image else self.file
        # Among other places a case stands in quotes, as cells do: its id may be any text there.
        case = f"case {self.case!r}" if self.key or self.center or file else f"case {self.case}"
        places = (
            self.key,
            self.center and f"centre {self.center}",
            file,
            f"line {self.line}" if self.line is not None else "",
            self.case and case,
            self.column and f"column {self.column!r}",
        )
        where = ", ".join(filter(None, places))
        joint = " " if self.found.endswith("?") else "; "
        return (f"{where}: " if where else "") + self.said + (f"{joint}{self.action}" if self.action else "")

    def at(self, **places: str | int | None) -> Problem:
        """The same problem with further places, such as its centre."""
        return replace(self, **places)  # type: ignore[arg-type]


class ProblemError(ValueError):
    """One problem, of a value of the study or of a cell; validators of the configuration raise it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


class CaseError(ProblemError):
    """A defect of one case's own files: the case is listed as failed with this message, and the others go on."""


class StudyStopError(RuntimeError):
    """The study's own policy forbids going on: a refused missing modality, or too few cases left at a centre."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


MOST_SHOWN = 12
"""More problems of one kind are counted only: a person mends the first, and the others go with them."""

LONGEST = 600
"""Characters of one problem that are shown: it may name hundreds of cases."""


class _ProblemsError(ValueError):
    """Every problem at once, kind by kind, so that a person mends a file in one go."""

    def __init__(self, problems: Iterable[Problem], where: str) -> None:
        self.problems = tuple(problems)
        self.where = where
        super().__init__(self.problems, where)

    def __str__(self) -> str:
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        kinds: dict[tuple[str, str], list[Problem]] = {}
        for problem in self.problems:
            kinds.setdefault((problem.rule, problem.action), []).append(problem)
        return "\n".join([f"{count} in {self.where}:", *(line for kind in kinds.values() for line in _told(kind))])


def _told(kind: Sequence[Problem]) -> Iterator[str]:
    """The lines on problems of one kind; what to do stands with the first, since it is the same for all."""
    for problem in (kind[0], *(replace(other, action="") for other in kind[1:MOST_SHOWN])):
        said = str(problem)
        yield f"  - {said if len(said) <= LONGEST else said[: LONGEST - 2] + ' …'}"
    if len(kind) > MOST_SHOWN:
        more = f"    … and {len(kind) - MOST_SHOWN} more of this kind"
        yield f"{more}; of a study, gliomanet validate --out FILE writes them all"


class CohortError(_ProblemsError):
    """Every problem of a cohort's tables and folders."""

    def __init__(self, problems: Iterable[Problem], where: str = "the cohort") -> None:
        super().__init__(problems, where)


class StudyError(_ProblemsError):
    """Every problem of a study's configuration."""

    def __init__(self, problems: Iterable[Problem], where: str = "the study's configuration") -> None:
        super().__init__(problems, where)


class ModelError(_ProblemsError):
    """Every problem of a trained model's description."""

    def __init__(self, problems: Iterable[Problem], where: str = "a trained model's description") -> None:
        super().__init__(problems, where)


class RegistrationError(RuntimeError):
    """No transform between two images: they do not overlap, one is constant, or ANTs gave up."""
