"""Columns of somebody else's tables by the names of ours: as they are, or as options of the command say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gliomanet.cohort.read_rows import elsewhere
from gliomanet.errors import CohortError, Problem, StudyError

Which = Literal["predictions", "labels"]
SHARED = ("case_id", "patient_id", "center")
"""Columns that either table may have."""

ROW = ("model", "stage", "scenario", "fold", "role")
"""Further columns of predictions that tell rows of a case apart."""

ROLES = ("validation", "external")
"""Roles of cases: those that choose thresholds, and those that test."""

LONG = ("task", "class", "predicted", "probability")
"""Columns of a table with a row per answer."""


@dataclass(frozen=True)
class ColumnMap:
    """Names of ours → the tables' own.

    Attributes:
        named: (table, name of ours) → column; the table is "" where an option names none.
    """

    named: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Iterable[str], allowed: Sequence[str]) -> ColumnMap:
        """Read options such as `case_id=Patient`, `labels.case_id=ID` and `idh:mutant=P(IDH)`.

        Args:
            options: of the command.
            allowed: names of ours.

        Raises:
            StudyError: every option that is none, a name that is not ours, a name twice.
        """
        named: dict[tuple[str, str], str] = {}
        problems = []
        for option in options:
            ours, sign, theirs = option.partition("=")
            table, dot, name = ours.partition(".")
            table, name = (table, name) if dot and table in ("predictions", "labels") else ("", ours)
            if not (sign and name and theirs):
                found, action = "no name and column", "write --map case_id=Patient: our name, then the table's column"
                problems.append(Problem(found, action, key=f"--map {option}", rule="no_name_and_column"))
            elif name not in allowed:
                action = f"allowed: {', '.join(allowed)}; `predictions.` or `labels.` before it for one table alone"
                problems.append(Problem(f"{name!r} is no name", action, key=f"--map {option}", rule="unknown_name"))
            elif (table, name) in named:
                problems.append(Problem(f"{ours} is given twice", "keep one", key=f"--map {option}", rule="name_twice"))
            named[table, name] = theirs
        if problems:
            raise StudyError(problems, where="the command's options")
        return cls(named)

    def in_table(self, which: Which, path: Path, header: Sequence[str], names: Iterable[str]) -> dict[str, str]:
        """The columns of a table: name of ours → its own; those that it has not are left out.

        Without an option, a column of our own name is taken, in any letter case.

        Args:
            which: the table.
            path: its file.
            header: its columns.
            names: names of ours.

        Raises:
            CohortError: an option for this table names a column that is not there.
        """
        plain = {column.lower(): column for column in header}
        found = {name: plain[name.lower()] for name in names if name.lower() in plain}
        found |= {name: self.named["", name] for name in names if self.named.get(("", name)) in header}
        wanted = {name: column for (table, name), column in self.named.items() if table == which}
        problems = [
            Problem(
                f"no column {column!r}; found: {', '.join(header)}",
                f"correct --map {which}.{name}{elsewhere(path, [column])}",
                file=str(path),
                rule="column_missing",
            )
            for name, column in wanted.items()
            if column not in header
        ]
        if problems:
            raise CohortError(problems, where=f"the table of {which}")
        return found | wanted

    def check_used(self, headers: Mapping[Path, Sequence[str]]) -> None:
        """See that the column of every option for both tables is in one of them.

        Raises:
            CohortError: it is in none.
        """
        known = {column for header in headers.values() for column in header}
        files = "; ".join(f"{path}: {', '.join(header)}" for path, header in headers.items())
        problems = [
            Problem(
                f"no table has a column {column!r}; found: {files}",
                f"correct --map {name}",
                rule="column_missing",
            )
            for (table, name), column in self.named.items()
            if not table and column not in known
        ]
        if problems:
            raise CohortError(problems, where="the two tables")
