"""Columns that say the same as another one, or nothing."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from gliomanet.audit.context import AuditContext, counted
from gliomanet.cohort.findings import Finding

LEAST_CASES = 10
"""Fewer cases can agree by chance."""
_MOST_CLASSES = 10
_TOLERANCE = 1e-9


class Identical(NamedTuple):
    """Two columns that divide the cases alike.

    Attributes:
        first, second: their names.
        cases: cases where both are known.
    """

    first: str
    second: str
    cases: int


def identical_columns(table: pd.DataFrame, columns: Sequence[str], least: int = LEAST_CASES) -> list[Identical]:
    """Pairs of columns that are identical in partition: a renaming of values turns one into the other.

    For labels, predicted classes and scores: two tasks that were trained on or read from one column look like this.
    Scores, which hardly repeat, are identical where they are equal, or add up to one number everywhere.

    Args:
        table: one row per case; "" and NaN are unknown.
        columns: columns to compare.
        least: cases with both values known that it takes.
    """
    known = {name: (table[name].notna() & (table[name] != "")).to_numpy() for name in columns}
    found = []
    for first, second in combinations(columns, 2):
        both = known[first] & known[second]
        number = int(both.sum())
        if number >= least and _same(table.loc[both, first], table.loc[both, second]):
            found.append(Identical(first, second, number))
    return found


def _same(first: pd.Series[str], second: pd.Series[str]) -> bool:
    distinct = first.nunique()
    if distinct < 2:  # two constant columns are alike whatever they are
        return False
    if distinct <= _MOST_CLASSES:
        return distinct == second.nunique() == len(set(zip(first, second, strict=True)))
    one, other = (pd.to_numeric(column, errors="coerce").to_numpy(dtype=float) for column in (first, second))
    if np.isnan(one).any() or np.isnan(other).any():
        return bool((first.to_numpy() == second.to_numpy()).all())
    equal = np.allclose(one, other, rtol=0, atol=_TOLERANCE)
    return bool(equal or np.allclose(one + other, (one + other)[0], rtol=0, atol=_TOLERANCE))


def label_columns_identical(context: AuditContext) -> Iterator[Finding]:
    """Two label columns of a centre that divide its cases alike: warning."""
    for center, cases in context.by_center():
        for first, second, number in identical_columns(cases, context.labels):
            yield Finding(
                "warning",
                "label_columns_identical",
                center,
                "",
                "",
                f"{first} and {second} divide {counted(number, 'case')} alike: {_pairs(cases, first, second)}",
                "check that both were not read from one column; if they are right, this centre cannot tell them apart",
            )


def _pairs(cases: pd.DataFrame, first: str, second: str) -> str:
    both = cases[(cases[first] != "") & (cases[second] != "")]
    counts = both.groupby([first, second]).size()
    parts: list[str] = []
    for key, number in counts.items():
        values: Hashable = key
        assert isinstance(values, tuple)
        parts.append(f"{values[0]} = {values[1]} ({number})")
    return ", ".join(parts)


def label_column_says_nothing(context: AuditContext) -> Iterator[Finding]:
    """A label of a training centre that is empty or the same for all: warning; no label at all: error."""
    for center, cases in context.by_center():
        if cases["role"].iloc[0] != "train":
            continue
        if not (cases[list(context.labels)] != "").to_numpy().any():
            yield Finding(
                "error",
                "no_label_in_a_training_center",
                center,
                "",
                "",
                f"has the role train, but none of its {len(cases)} cases has a label of {', '.join(context.labels)}",
                "fill them in, or give it the role unlabelled",
            )
            continue
        for label in context.labels:
            known = cases.loc[cases[label] != "", label]
            if known.empty:
                yield Finding(
                    "warning",
                    "label_column_empty",
                    center,
                    "",
                    "",
                    f"{label} is unknown for all of its {len(cases)} cases",
                    "nothing, if the centre does not test it: its cases are left out of this task's loss",
                )
            elif len(known) >= LEAST_CASES and len(set(known)) == 1:
                yield Finding(
                    "warning",
                    "label_column_constant",
                    center,
                    "",
                    "",
                    f"{label} is {known.iloc[0]} for all {len(known)} cases that have one",
                    "check the column; if it is right, a model can learn this centre's scanner in place of the label",
                )
