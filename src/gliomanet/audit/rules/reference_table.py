"""Another table of the same cases: labels and numbers that disagree, and labels that slid along the rows.

A column that was pasted or sorted without its ids agrees with another source only when one table's rows are moved by
k: the other columns of the two tables then agree where they stand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from gliomanet.audit.context import AuditContext, ReferenceTable, counted, listed
from gliomanet.audit.rules.column_matching import Columns, pair_columns, read_reference_table
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.vocabulary import allowed
from gliomanet.errors import CohortError
from gliomanet.labels.vocabulary import Vocabulary

_MOST_ROWS = 5
"""Shifts by up to so many rows are tried, both ways, in both tables."""
_LEAST_DIFFERENT = 4
_LEAST_VANISHED = 0.8
_LEAST_AGREEMENT = 0.95
_LEAST_SURPRISE = 5.0
_MISALIGNED = 0.1

_Values = Mapping[str, object]  # case → value; unknown cases are absent


class Shift(NamedTuple):
    """A move of one table's column that reconciles it with the other's.

    Attributes:
        rows: k: the cell beside a case belongs to the case k rows further down.
        table: whose rows: "the reference table" or "the case table".
        first: the first case concerned; those before it agree where they stand.
        agreeing, compared: cases from there on that agree once moved, and that can be compared.
        unmoved: of those compared, the ones that agree unmoved.
    """

    rows: int
    table: str
    first: str
    agreeing: int
    compared: int
    unmoved: int


@dataclass(frozen=True)
class _Compared:
    columns: Columns
    same: tuple[str, ...]
    different: tuple[str, ...]
    shift: Shift | None

    @property
    def number(self) -> int:
        return len(self.same) + len(self.different)


def reference_table_disagrees(context: AuditContext) -> Iterator[Finding]:
    """Labels and numbers of a centre that its reference table has otherwise.

    Slid rows: error. Spellings that are not known: warning, and the rest is compared. Otherwise a warning per
    column, and an error where more than a tenth of the labels differ.
    """
    for center, second in context.reference_tables.items():
        cases = context.cases[context.cases["center"] == center]
        if not cases.empty:
            yield from _compare(center, cases, second, context)


def find_shift(ours: _Values, theirs: _Values, orders: Mapping[str, Sequence[str]]) -> Shift | None:
    """The move by k rows that explains most of what two columns disagree on, or `None`.

    It has to make at least 80 % of the disagreements vanish and leave 95 % agreement from the first row concerned to
    the last, where a random order of the same values would leave five disagreements or more.

    Args:
        ours: case → value in the case table.
        theirs: case → value in the reference table.
        orders: "the reference table" and "the case table" → its cases in the order of its file.
    """
    for table, order in orders.items():
        moved, fixed = (theirs, ours) if table == "the reference table" else (ours, theirs)
        sizes = [sign * size for size in range(1, _MOST_ROWS + 1) for sign in (1, -1)]
        shifts = filter(None, (_shift_by(rows, table, order, moved, fixed) for rows in sizes))
        if best := max(shifts, key=_gain, default=None):
            return best  # where both files are in one order, a move of either says the same
    return None


def _gain(shift: Shift) -> int:
    return shift.agreeing - shift.unmoved


def _shift_by(rows: int, table: str, order: Sequence[str], moved: _Values, fixed: _Values) -> Shift | None:
    # (case, agrees unmoved, agrees moved) of every case that can be compared both ways
    steps: list[tuple[str, bool, bool]] = []
    pairs: list[tuple[object, object]] = []
    for place, case in enumerate(order):
        true_place = place + rows
        if case not in moved or not 0 <= true_place < len(order):
            continue
        owner = order[true_place]
        if case in fixed and owner in fixed:
            steps.append((case, _equal(moved[case], fixed[case]), _equal(moved[case], fixed[owner])))
            pairs.append((moved[case], fixed[owner]))
    # A row lost in the middle moves only what follows: the best start leaves most cases agreeing on both sides.
    gain, best, start = 0, 0, len(steps)
    for index in range(len(steps) - 1, -1, -1):
        gain += steps[index][2] - steps[index][1]
        if gain > best:
            best, start = gain, index
    block = steps[start:]
    different = sum(not unmoved for _, unmoved, _ in steps)
    vanished = sum(after and not before for _, before, after in block)
    agreeing = sum(after for _, _, after in block)
    if (
        vanished < max(_LEAST_DIFFERENT, _LEAST_VANISHED * different)
        or agreeing < _LEAST_AGREEMENT * len(block)
        or _expected_disagreements(pairs[start:]) < _LEAST_SURPRISE
    ):
        return None
    return Shift(rows, table, block[0][0], agreeing, len(block), sum(before for _, before, _ in block))


def _expected_disagreements(pairs: Sequence[tuple[object, object]]) -> float:
    """Expected number of pairs that differ if one side is dealt at random."""
    one, other = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    return len(pairs) - sum(number * other[value] for value, number in one.items()) / max(len(pairs), 1)


def _equal(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        # Ages are rounded to years or cut off, volumes to millilitres.
        return math.isclose(one, other, rel_tol=0.02, abs_tol=1.0)
    return one == other


def _compare(center: str, cases: pd.DataFrame, second: ReferenceTable, context: AuditContext) -> Iterator[Finding]:
    path, measured = str(second.path), context.measured
    try:
        table = read_reference_table(second.path)
        if measured is not None:
            cases = cases.merge(measured, on=["center", "case_id"], how="left", suffixes=("", "_measured"))
        columns, theirs_order = pair_columns(cases, table, second.path, context.vocabulary)
    except CohortError as error:
        for problem in error.problems:
            yield Finding.of(
                problem,
                "error",
                rule="reference_table_unusable",
                center=center,
                action="correct reference_table",
            )
        return
    orders = {"the reference table": theirs_order, "the case table": second.own_order}
    for one in columns:
        if one.unread:
            yield _unread(center, path, one, context.vocabulary)
    compared = [_compare_column(one, orders) for one in columns]
    for pair in compared:
        if pair.shift:
            yield _shifted(center, path, pair, compared)
        elif pair.different:
            yield _differing(center, path, pair)


def _compare_column(columns: Columns, orders: Mapping[str, Sequence[str]]) -> _Compared:
    both = [case for case in columns.ours if case in columns.theirs]
    same = tuple(case for case in both if _equal(columns.ours[case], columns.theirs[case]))
    different = tuple(case for case in both if not _equal(columns.ours[case], columns.theirs[case]))
    enough = len(different) >= _LEAST_DIFFERENT
    return _Compared(columns, same, different, find_shift(columns.ours, columns.theirs, orders) if enough else None)


def _shifted(center: str, path: str, one: _Compared, every: Sequence[_Compared]) -> Finding:
    shift = one.shift
    assert shift is not None
    others = [other for other in every if other is not one and other.number]
    unmoved = [f"{o.columns.label} of {len(o.same)} of {o.number}" for o in others if not o.shift]
    along = [o.columns.label for o in others if o.shift]
    where = "" if not unmoved else f"; {' and '.join(unmoved)} agree unmoved"
    with_it = f"; {' and '.join(along)} moved along with it" if along else ""
    only_ids = bool(along) and not unmoved
    label = one.columns.is_label
    return Finding(
        "error" if label else "warning",
        "labels_shifted_by_a_row" if label else "numbers_shifted_by_a_row",
        center,
        "",
        f"{path}, column {one.columns.theirs_name!r}",
        f"{one.columns.label} differs for {len(one.different)} of {one.number} cases, but moving the rows of "
        f"{shift.table} by {shift.rows:+d} from case {shift.first!r} on makes {shift.agreeing} of {shift.compared} "
        f"agree (unmoved: {shift.unmoved}){where}{with_it}",
        "the ids of one table slid against its rows: take it from its source anew"
        if only_ids
        else "one of the two columns slid along its rows: find out which, and take it from its source anew",
    )


def _unread(center: str, path: str, columns: Columns, vocabulary: Vocabulary) -> Finding:
    counts = Counter(columns.unread.values())
    return Finding(
        "warning",
        "reference_table_spelling",
        center,
        "",
        f"{path}, column {columns.theirs_name!r}",
        f"{counted(len(columns.unread), 'cell')} of {columns.label} could not be read, nor compared: "
        f"{listed(f'{cell!r} ({number})' for cell, number in sorted(counts.items()))}",
        allowed(columns.label, vocabulary) if columns.is_label else "allowed: a number, or empty",
    )


def _differing(center: str, path: str, one: _Compared) -> Finding:
    columns = one.columns
    many = columns.is_label and len(one.different) > max(_MISALIGNED * one.number, 1)
    values = listed(f"{case} ({columns.show(case)})" for case in one.different)
    return Finding(
        "error" if many else "warning",
        "labels_differ_from_reference_table" if columns.is_label else "numbers_differ_from_reference_table",
        center,
        one.different[0] if len(one.different) == 1 else "",
        f"{path}, column {columns.theirs_name!r}",
        f"{columns.label} differs for {counted(len(one.different), 'case')} of {one.number} (ours, theirs): {values}",
        "find out which is right, and correct it; empty the labels that remain uncertain",
    )
