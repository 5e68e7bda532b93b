"""Findings of an audit on a study's tables and images: one row each in `audit.tsv`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from gliomanet.errors import Problem
from gliomanet.tables.cohort import FINDINGS

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["fatal", "error", "warning", "note"]


SEVERITIES: tuple[Severity, ...] = ("fatal", "error", "warning", "note")
"""fatal: results would be false, the study stops; error: the case cannot be used; warning: a person should look;
note: understood and handled, kept so that nothing is dropped silently."""


@dataclass(frozen=True)
class Finding:
    """One finding of one rule.

    Attributes:
        severity: see `SEVERITIES`.
        rule: the rule's name in snake case, e.g. `same_patient_in_two_centers`.
        center: centre concerned, "" for the whole study.
        case_id: case concerned, "" for the whole centre.
        file: file, and column where there is one, concerned; "" where there is none.
        found: what was found, one sentence with the values.
        action: what is allowed, and what to do.
    """

    severity: Severity
    rule: str
    center: str
    case_id: str
    file: str
    found: str
    action: str

    @classmethod
    def of(cls, problem: Problem, severity: Severity, *, rule: str = "", center: str = "", action: str = "") -> Finding:
        """The finding that a problem is; of an image's problem, `file` names the image too.

        Args:
            problem: the problem.
            severity: see `SEVERITIES`.
            rule: the rule's name; default: the problem's own.
            center: centre concerned; default: the problem's own.
            action: what to do where the problem names nothing.
        """
        line = f"line {problem.line}" if problem.line is not None else ""
        column = f"column {problem.column!r}" if problem.column else ""
        place = ", ".join(filter(None, (problem.file, line, column)))
        file = f"{problem.image}: {place}" if problem.image else place
        center = center or problem.center
        return cls(severity, rule or problem.rule, center, problem.case, file, problem.said, problem.action or action)

    def problem(self) -> Problem:
        """The problem that a person has to mend; its file and case where `found` does not name them."""
        return Problem(
            self.found,
            self.action,
            key=f"centers.{self.center}" if self.center else "",
            file="" if self.file in self.found else self.file,
            case="" if repr(self.case_id) in self.found else self.case_id,
            rule=self.rule,
        )


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """The findings as a table (`FINDINGS`), each once, the gravest first, then by rule, centre and case."""
    import pandas as pd  # a second to import, and case ids are read without it each time the workflow is parsed

    table = pd.DataFrame([asdict(f) for f in dict.fromkeys(findings)], columns=FINDINGS.names(), dtype=str)
    place = table["severity"].map(SEVERITIES.index).astype(int)
    order = table.assign(_place=place).sort_values(["_place", "rule", "center", "case_id", "file", "found"])
    return order.drop(columns="_place").reset_index(drop=True)


def findings_of(table: pd.DataFrame) -> list[Finding]:
    """The findings that such a table holds."""
    cells = zip(*(table[column].astype(str) for column in FINDINGS.names()), strict=True)
    return [Finding(*row) for row in cells]


MOST_SINGLE = 20
"""More cases than this share one finding, which counts and names them all."""


def case_findings(
    severity: Severity, rule: str, file: str, cases: Mapping[str, str], together: str, action: str
) -> tuple[Finding, ...]:
    """One finding per case, or one for all of them.

    Args:
        severity: of each.
        rule: the rule's name.
        file: the file concerned, "" for none.
        cases: case → what was found there, one sentence.
        together: what was found, for all cases in one: "cases whose …".
        action: what is allowed, and what to do.
    """
    if len(cases) > MOST_SINGLE:
        return (Finding(severity, rule, "", "", file, f"{len(cases)} {together}: {', '.join(sorted(cases))}", action),)
    return tuple(Finding(severity, rule, "", case, file, found, action) for case, found in sorted(cases.items()))
