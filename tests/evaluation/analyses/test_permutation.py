"""Draws beside true values: an empirical p, and draws that are too good."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gliomanet.evaluation.analyses.permutation import LEAKS, compare_with_draws
from gliomanet.tables.permutation import FIGURE, PERMUTATION, PERMUTATION_DRAWS

NAMES = {"model": "net", "stage": "supervised", "scenario": "main", "role": "external", "task": "idh", "subset": "all"}


def metrics(value: float, *, center: str = "A", metric: str = "mcc", n: int = 101, **names: str) -> pd.DataFrame:
    return pd.DataFrame([{**NAMES, "center": center, "metric": metric, "value": value, "n": n, **names}])


def test_p_counts_the_true_labels_among_the_draws():
    null = [0.1, -0.2, 0.0, 0.3]
    summary, values = compare_with_draws(metrics(0.25), [metrics(value) for value in null])
    PERMUTATION.check(summary)
    PERMUTATION_DRAWS.check(values)
    (row,) = summary.to_dict("records")
    assert (row["value"], row["draws"], row["p"], row["note"]) == (0.25, 4, 2 / 5, "")
    assert (row["null_mean"], row["null_low"], row["null_high"]) == (pytest.approx(0.05), -0.2, 0.3)
    assert values[["draw", "value"]].to_numpy().tolist() == [[1, 0.1], [2, -0.2], [3, 0.0], [4, 0.3]]


def test_what_is_not_estimable_is_counted():
    (row,) = compare_with_draws(metrics(0.5), [metrics(np.nan), metrics(0.1), metrics(0.2, center="B")])[0].to_dict(
        "records"
    )
    assert (row["draws"], row["p"], row["note"]) == (1, 1 / 2, "not estimable in 2 draws")
    (row,) = compare_with_draws(metrics(0.5), [metrics(np.nan)])[0].to_dict("records")
    assert (row["draws"], row["note"]) == (0, "not estimable: no draw has a value")
    (row,) = compare_with_draws(metrics(np.nan), [metrics(0.1)])[0].to_dict("records")
    assert np.isnan(row["p"])
    assert row["note"].startswith("not estimable")


def test_only_figures_of_all_patients_are_tested():
    table = pd.concat(
        [metrics(0.5), metrics(0.4, subset="grade=2-3"), metrics(0.1, metric="f1"), metrics(0.3, center="summary")]
    )
    summary, _ = compare_with_draws(table, [table])
    assert summary[FIGURE].to_numpy().tolist() == [["net", "supervised", "main", "external", "A", "idh", "mcc"]]


@pytest.mark.parametrize(
    ("null", "center", "metric", "leak"),
    [
        ([0.2, 0.15, 0.18, 0.25, 0.2], "A", "mcc", True),  # .2 × √(5 · 100) = 4.4 standard errors
        ([0.2, -0.15, 0.18, -0.25, 0.2], "A", "mcc", False),
        ([-0.2, -0.15, -0.18, -0.25, -0.2], "A", "mcc", False),
        ([0.2, 0.15, 0.18, 0.25, 0.2], "pooled", "mcc", False),  # centres keep their prevalences
        ([0.7, 0.65, 0.7, 0.7, 0.7], "A", "auc", False),
    ],
)
def test_draws_that_know_the_labels_are_noted(null, center, metric, leak):
    draws = [metrics(value, center=center, metric=metric) for value in null]
    summary, _ = compare_with_draws(metrics(0.6, center=center, metric=metric), draws)
    assert (LEAKS in summary["note"].iloc[0]) is leak
