"""How a figure holds over centres: its random-effects summary, as a row beside the centres' own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import TYPE_CHECKING

import numpy as np

from gliomanet.evaluation.random_effects import random_effects
from gliomanet.evaluation.tables import HELD_OUT, LEAVE_ONE_OUT, POOLED, SUMMARY, Row

if TYPE_CHECKING:
    from gliomanet.study import Evaluation


KEYS = ("model", "stage", "transfer", "role", "task", "subset")


def center_summaries(rows: Iterable[Row], settings: Evaluation) -> Iterator[Row]:
    """Random-effects summary of MCC over centres, wherever a group has at least two centres.

    A group is the centres of one transfer and role; and, as the transfer `leave-one-out`, every centre X that a
    transfer `without-X` holds out. The fits of two such transfers share training cases, so the centres' errors are not
    quite independent; the interval takes them as if they were.
    """
    centers = [row for row in rows if row["metric"] == "mcc" and row["center"] != POOLED]
    held_out = [
        row | {"transfer": LEAVE_ONE_OUT}
        for row in centers
        if row["role"] == "external" and row["transfer"] == HELD_OUT + row["center"]
    ]
    ordered = sorted(chain(centers, held_out), key=lambda row: tuple(row[key] for key in (*KEYS, "center")))
    for name, members in groupby(ordered, key=lambda row: tuple(row[key] for key in KEYS)):
        group = list(members)
        if len(group) > 1:
            yield dict(zip(KEYS, name, strict=True)) | {"center": SUMMARY, "metric": "mcc"} | _summary(group, settings)


def _summary(group: list[Row], settings: Evaluation) -> Row:
    """Value, bounds, n and note of the centres of a group."""
    known = [row for row in group if not np.isnan(row["value"])]
    positives = [row["n_positive"] for row in known if row["n_positive"] != ""]
    counts: Row = {"n": sum(row["n"] for row in known), "n_positive": sum(positives) if positives else ""}
    left_out = sorted(row["center"] for row in group if np.isnan(row["value"]))
    if len(known) < 2:
        note = f"not estimable: MCC is estimable in {len(known)} of {len(group)} centres"
        return counts | {"value": np.nan, "note": note}
    # Resamples of a perfectly (or constantly) predicted centre do not vary, which says that the centre is small
    # rather than certain: it gets phi's variance under independence, 1/n.
    flat = [row["center"] for row in known if not row["spread"] > 1e-12]
    variances = [row["spread"] if row["spread"] > 1e-12 else 1 / row["n"] for row in known]
    fit = random_effects([row["value"] for row in known], variances, settings.confidence)
    notes = [f"random effects over {fit.centers} centres: tau2 {fit.tau2:.4g}, I2 {fit.i2:.4g}"]
    if left_out:
        notes.append(f"not estimable in {', '.join(left_out)}")
    if flat:
        notes.append(f"resamples do not vary in {', '.join(flat)}: variance 1/n")
    return counts | {"value": fit.effect, "ci_low": fit.ci_low, "ci_high": fit.ci_high, "note": "; ".join(notes)}
