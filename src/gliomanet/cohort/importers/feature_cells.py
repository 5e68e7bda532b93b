"""Cells of feature columns as numbers: what is none is named with its case, column and line, once per column."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from gliomanet.errors import Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS, plain

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d+(\.\d{3})*,\d+([eE][+-]?\d+)?")
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_EMPTY = frozenset({"", ".", "-", "?", "#n/a", "null", "nan", "none"})


@dataclass(frozen=True)
class Cell:
    """One cell of a feature column, and where it stands."""

    text: str
    case: str
    line: int

    @property
    def is_missing(self) -> bool:
        spelling = plain(self.text)
        return spelling in _EMPTY or (spelling in MISSING_SPELLINGS and not _NUMBER.fullmatch(self.text))

    @property
    def is_number(self) -> bool:
        """True for what was meant as a number, right or wrong."""
        return any(pattern.fullmatch(self.text) for pattern in (_NUMBER, _COMMA, _INFINITE))


def is_numeric(cells: Iterable[Cell]) -> bool:
    """True where most of the cells that are there were meant as numbers."""
    known = [cell for cell in cells if not cell.is_missing]
    return 2 * sum(cell.is_number for cell in known) > len(known)


def numbers_of(cells: list[Cell], column: str) -> tuple[list[float], list[Problem]]:
    """The cells of a column as floats, NaN for what is missing; one problem for each kind of wrong cell."""
    values: list[float] = []
    wrong: dict[str, list[Cell]] = {}
    for cell in cells:
        value = math.nan if cell.is_missing else _value(cell.text)
        values.append(math.nan if isinstance(value, str) else value)
        if isinstance(value, str):
            wrong.setdefault(value, []).append(cell)
    problems = []
    for kind, those in wrong.items():
        first = those[0]
        more = f", and so {'is' if len(those) == 2 else 'are'} {len(those) - 1} more of this column" * (len(those) > 1)
        action = _ACTIONS[kind]
        found = f"{first.text!r} is {kind}{more}"
        problem = Problem(found, action, rule="no_number")
        problems.append(problem.at(case=first.case, column=column, line=first.line))
    return values, problems


_ACTIONS = {
    "no number": "correct it, or empty it",
    "a number with a comma": "write points: whether a comma is decimal or of thousands cannot be known",
    "infinite": "correct it, or empty it",
}


def _value(text: str) -> float | str:
    if _COMMA.fullmatch(text):
        return "a number with a comma"
    if _INFINITE.fullmatch(text):
        return "infinite"
    if not _NUMBER.fullmatch(text):
        return "no number"
    value = float(text)
    return value if math.isfinite(value) else "infinite"
