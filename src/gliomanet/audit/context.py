"""Context of the audit's rules: the cases of all centres, and the study's use of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gliomanet.cohort.folds import scenarios_of
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary

if TYPE_CHECKING:
    from gliomanet.config.study import Study

_OPTIONAL = ("grade_edition", "diagnosis", "scan", "other_ids", "os_days", "os_event")
_MOST_NAMED = 12


@dataclass(frozen=True)
class ReferenceTable:
    """Another table of a centre's cases.

    Attributes:
        path: the table.
        own_order: the centre's case ids in the order of its own file: what a shift by a row goes along.
    """

    path: Path
    own_order: tuple[str, ...]


@dataclass(frozen=True)
class AuditContext:
    """Everything that a rule may ask for.

    Attributes:
        cases: case tables of all centres that could be read, without the cases that a person excluded.
        leaks: pairs of centres of which one trains and the other tests in some scenario.
        labels: label columns that the study's tasks use.
        vocabulary: every label of the study, with its values.
        names: every centre of the study, phantoms too.
        identities: mapping tables: each row holds the ids of one patient.
        reference_tables: centre → another table of its cases.
        measured: volumes measured in the cases' images (`center`, `case_id`, columns of volumes), compared with second
            tables that have a column of the same name.
        known_ids: centre → case ids, for centres without a table as yet.
    """

    cases: pd.DataFrame
    leaks: frozenset[frozenset[str]] = frozenset()
    labels: tuple[str, ...] = tuple(VOCABULARY)
    vocabulary: Vocabulary = field(default_factory=lambda: VOCABULARY)
    names: tuple[str, ...] = ()
    identities: tuple[Path, ...] = ()
    reference_tables: Mapping[str, ReferenceTable] = field(default_factory=dict)
    measured: pd.DataFrame | None = None
    known_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        optional = (*(f"{label}_raw" for label in self.vocabulary), *_OPTIONAL)
        absent = [column for column in optional if column not in self.cases]
        object.__setattr__(self, "cases", self.cases.assign(**dict.fromkeys(absent, "")).reset_index(drop=True))

    def by_center(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Each centre's name and cases, in the order of the cases."""
        for name, cases in self.cases.groupby("center", sort=False):
            yield str(name), cases

    def rows(self) -> list[dict[str, Any]]:
        return [{str(key): value for key, value in row.items()} for row in self.cases.to_dict("records")]


def leaking_pairs(study: Study) -> frozenset[frozenset[str]]:
    """Pairs of centres that may not share a patient: one trains, with labels or without, and the other tests."""
    unlabelled = study.centers_of("unlabelled")
    return frozenset(
        frozenset((trains, tests))
        for scenario in scenarios_of(study)
        for trains in (*scenario.train, *unlabelled)
        for tests in scenario.external
        if trains != tests
    )


def counted(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Iterable[str], most: int = _MOST_NAMED) -> str:
    """The first names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
