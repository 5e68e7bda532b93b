"""Random-effects summaries of metrics over centres."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby

import numpy as np

from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT, POOLED, SUMMARY, Row
from gliomanet.evaluation.statistics.random_effects import LEAST_FOR_INTERVAL, random_effects
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.notes import join_notes, not_estimable

SUMMARISED = ("mcc", "mcc_at_threshold", "auc")
RANGE = {"auc": (0.0, 1.0)}
"""Least and largest value of a metric; of the others −1 and 1. Student's t knows neither."""

KEYS = ("model", "stage", "scenario", "role", "task", "subset", "metric")


def center_summaries(rows: Iterable[Row], confidence: float) -> Iterator[Row]:
    """Summary of MCC and AUC over centres, wherever a group has at least two centres.

    A group is the centres of one scenario and role; and, as the scenario `leave-one-center-out`, every centre X that a
    scenario `without-X` holds out. The fits of two such scenarios share training cases, so the centres' errors are not
    quite independent; the interval takes them as if they were.

    Args:
        rows: metrics of centres, with `spread`: the variance of the value.
        confidence: of the intervals.
    """
    centers = [row for row in rows if row["metric"] in SUMMARISED and row["center"] != POOLED]
    held_out = [
        row | {"scenario": LEAVE_ONE_CENTER_OUT}
        for row in centers
        if row["role"] == "external" and row["scenario"] == HELD_OUT + row["center"]
    ]
    ordered = sorted(chain(centers, held_out), key=lambda row: tuple(row[key] for key in (*KEYS, "center")))
    for name, members in groupby(ordered, key=lambda row: tuple(row[key] for key in KEYS)):
        group = list(members)
        if len(group) > 1:
            cells = summary_cells(group, "value", confidence, RANGE.get(group[0]["metric"], (-1.0, 1.0)))
            yield dict(zip(KEYS, name, strict=True)) | {"center": SUMMARY} | cells


def difference_summary(group: Sequence[Row], confidence: float) -> Row:
    """`summary_cells` of differences of one metric."""
    low, high = RANGE.get(group[0]["metric"], (-1.0, 1.0))
    return summary_cells(group, "difference", confidence, (low - high, high - low))


def summary_cells(group: Sequence[Row], value: str, confidence: float, within: tuple[float, float]) -> Row:
    """Mean over centres with its intervals, the counts, and the note.

    Args:
        group: a row per centre, with `center`, `n`, `n_positive` and `spread`, the variance of the value.
        value: column of the value; empty where it is not estimable.
        confidence: of the intervals.
        within: least and largest value that there can be, where intervals end.
    """
    known = [row for row in group if not np.isnan(row[value]) and row["spread"] > 0]
    positives = [row["n_positive"] for row in known if row["n_positive"] != ""]
    cells: Row = {"n": sum(row["n"] for row in known), "n_positive": sum(positives) if positives else ""}
    left_out = sorted(row["center"] for row in group if row not in known)
    if len(known) < 2:
        return cells | {value: np.nan, "note": not_estimable(f"estimable in {len(known)} of {len(group)} centres")}
    found = random_effects([row[value] for row in known], [row["spread"] for row in known], confidence)
    notes = [f"random effects over {found.centers} centres"]
    if found.centers < LEAST_FOR_INTERVAL:
        notes.append("no interval: two centres do not tell how centres differ")
    if left_out:
        notes.append(f"not estimable in {', '.join(left_out)}")
    bounds = {
        name: float(np.clip(getattr(found, name), *within)) for name in ("ci_low", "ci_high", "pi_low", "pi_high")
    }
    between = {"tau2": found.tau2, "i2": found.i2, "p": found.p}
    return cells | bounds | between | {value: found.effect, "note": join_notes(notes)}
