"""How a figure holds over centres: its random-effects summary, as a row beside the centres' own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from gliomanet.evaluation.random_effects import random_effects
from gliomanet.evaluation.tables import POOLED, SUMMARY, Row

if TYPE_CHECKING:
    from gliomanet.study import Evaluation


def center_summaries(rows: Iterable[Row], settings: Evaluation) -> Iterator[Row]:
    """Random-effects summary of MCC over centres, wherever a group has at least two centres."""
    keys = ("model", "stage", "transfer", "role", "task", "subset")
    centers = [row for row in rows if row["metric"] == "mcc" and row["center"] != POOLED]
    centers.sort(key=lambda row: tuple(row[key] for key in (*keys, "center")))
    for name, members in groupby(centers, key=lambda row: tuple(row[key] for key in keys)):
        group = list(members)
        known = [row for row in group if not np.isnan(row["value"])]
        if len(group) < 2:
            continue
        positives = [row["n_positive"] for row in known if row["n_positive"] != ""]
        summary: Row = dict(zip(keys, name, strict=True)) | {"center": SUMMARY, "metric": "mcc", "value": np.nan}
        summary |= {"n": sum(row["n"] for row in known), "n_positive": sum(positives) if positives else ""}
        left_out = sorted(row["center"] for row in group if np.isnan(row["value"]))
        if len(known) < 2:
            yield summary | {"note": f"not estimable: MCC is estimable in {len(known)} of {len(group)} centres"}
            continue
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
        yield summary | {"value": fit.effect, "ci_low": fit.ci_low, "ci_high": fit.ci_high, "note": "; ".join(notes)}
