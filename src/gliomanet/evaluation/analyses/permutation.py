"""Metrics with true labels beside those with labels that were dealt anew: an empirical p, and a look for leaks.

Source of p: Phipson and Smyth, Stat Appl Genet Mol Biol 9:39 (2010), 10.2202/1544-6115.1585: the labels as they are are
one of the permutations, so that no p is 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gliomanet.evaluation.rows import POOLED, Row
from gliomanet.evaluation.subgroups import ALL
from gliomanet.tables.notes import join_notes, not_estimable
from gliomanet.tables.permutation import FIGURE, PERMUTATION, PERMUTATION_DRAWS, TESTED

LEAKS = "draws are better than chance: something knows the labels"
"""Note of a figure whose draws give a leak away."""

_LARGEST_Z = 3.3
"""Standard errors that the mean of the draws may lie above 0: by chance one in 2,000 figures does."""


def compare_with_draws(metrics: pd.DataFrame, draws: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare a study's metrics with those of its draws.

    Args:
        metrics: rows of `results/evaluation/metrics.tsv`; MCC and AUC of all patients by centre and pooled are read.
        draws: the same of each draw.

    Returns:
        Rows of `PERMUTATION` and of `PERMUTATION_DRAWS`, in the order of the metrics.
    """
    true = _figures(metrics)
    values = {draw: _figures(table).set_index(FIGURE)["value"] for draw, table in enumerate(draws, start=1)}
    rows, drawn = [], []
    for row in true.to_dict("records"):
        name = tuple(row[key] for key in FIGURE)
        null = {draw: float(column.get(name, np.nan)) for draw, column in values.items()}
        rows.append(_tested({str(key): value for key, value in row.items()}, np.array([*null.values()])))
        drawn += [
            {"draw": draw, **dict(zip(FIGURE, name, strict=True)), "value": value} for draw, value in null.items()
        ]
    table = pd.DataFrame(drawn, columns=PERMUTATION_DRAWS.names()).sort_values("draw", kind="stable")
    return pd.DataFrame(rows, columns=PERMUTATION.names()), table.reset_index(drop=True)


def empirical_p(value: float, null: np.ndarray) -> float:
    """Share of values at least as high as the true one, which is counted among them.

    Args:
        value: with the true labels.
        null: with labels that were dealt anew (draws,).

    >>> empirical_p(0.5, np.array([0.1, 0.6, -0.2, 0.0]))
    0.4
    """
    return float((1 + np.count_nonzero(null >= value)) / (1 + null.size))


def _figures(metrics: pd.DataFrame) -> pd.DataFrame:
    whole = metrics["subset"].eq(ALL) & metrics["metric"].isin(TESTED) & metrics["center"].ne("summary")
    found: pd.DataFrame = metrics.loc[whole, [*FIGURE, "value", "n"]]
    return found


def _tested(row: Row, null: np.ndarray) -> Row:
    """The row of a figure."""
    known = null[~np.isnan(null)]
    notes = [f"not estimable in {null.size - known.size} draws"] if known.size < null.size else []
    if known.size == 0:
        return row | {"draws": 0, "note": not_estimable("no draw has a value")}
    if np.isnan(row["value"]):
        notes.insert(0, not_estimable("no value with the true labels"))
    elif leaks(row["metric"], str(row["center"]), known, int(row["n"])):
        notes.append(LEAKS)
    return row | {
        "draws": known.size,
        "null_mean": known.mean(),
        "null_low": known.min(),
        "null_high": known.max(),
        "p": np.nan if np.isnan(row["value"]) else empirical_p(row["value"], known),
        "note": join_notes(notes),
    }


def leaks(metric: str, center: str, null: np.ndarray, n: int) -> bool:
    """True where the draws' MCC lies above 0 by more than chance.

    With labels dealt at random within a centre its MCC has mean 0 and variance 1 / (n − 1). In the pool it has not:
    centres keep their prevalences, and a model may well tell the centres apart.

    Args:
        metric: the metric; of others nothing is known.
        center: centre, or `pooled`.
        null: values of the draws (draws,).
        n: cases.
    """
    if metric != "mcc" or center == POOLED or n < 2:
        return False
    return bool(null.mean() * np.sqrt(null.size * (n - 1)) > _LARGEST_Z)
