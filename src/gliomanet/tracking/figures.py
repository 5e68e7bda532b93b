"""The evaluation's figures as MLflow's metrics: their names, and the few that every study has alike.

A row of `evaluation/metrics.tsv` becomes `<metric>/<role>/<center>/<task>[/<subset>][/<scenario>]`, with `/ci_low`,
`/ci_high` beside it and its number of cases as `n/…`. What compares studies of any design is
`external/<metric>/<task>`.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from gliomanet.evaluation.metrics.registry import METRICS
from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT, POOLED, SUMMARY

TRACKED = frozenset(metric.name for metric in METRICS.values() if metric.tracked)
"""Metrics of the evaluation that are logged, see `evaluation.metrics.registry`."""

HEADLINE = "external"
"""First part of the names that every study has: figures over all of its external cases."""

_FORBIDDEN = re.compile(r"[^/\w.\- ]")


def accepted_name(name: str) -> str:
    """Replace every character that MLflow refuses in a name by `_`."""
    return _FORBIDDEN.sub("_", name)


def figures_of(metrics: pd.DataFrame, model: str, stage: str) -> dict[str, float]:
    """Map names to the values, limits and numbers of cases that one model × stage has.

    Args:
        metrics: rows of `evaluation/metrics.tsv`.
        model: name of the model.
        stage: its stage.
    """
    rows = metrics[(metrics["model"] == model) & (metrics["stage"] == stage) & metrics["metric"].isin(TRACKED)]
    figures: dict[str, float] = {}
    for row in rows.to_dict("records"):
        place = [row["role"], row["center"], row["task"]]
        place += [row["subset"]] if row["subset"] != "all" else []
        place += [row["scenario"]] if row["scenario"] != "main" else []
        _add(figures, str(row["metric"]), "/".join(map(str, place)), row)
    headline = _headline_rows(rows)
    for row in headline.to_dict("records"):
        _add(figures, f"{HEADLINE}/{row['metric']}", str(row["task"]), row, count=f"{HEADLINE}/n")
    return figures


def _headline_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows over all external cases: pooled in the first scenario, or the summary of leave-one-centre-out."""
    external = rows[(rows["role"] == "external") & (rows["subset"] == "all")]
    held_out = external[(external["scenario"] == LEAVE_ONE_CENTER_OUT) & (external["center"] == SUMMARY)]
    if len(held_out):
        return held_out
    pooled = external[external["center"] == POOLED]
    return pooled[pooled["scenario"] == pooled["scenario"].iloc[0]] if len(pooled) else pooled


def _add(figures: dict[str, float], metric: str, place: str, row: dict[Any, Any], count: str = "n") -> None:
    if pd.isna(row["value"]):  # not estimable: the table says why
        return
    name = accepted_name(f"{metric}/{place}")
    figures[name] = float(row["value"])
    for limit in ("ci_low", "ci_high"):
        if pd.notna(row[limit]):
            figures[f"{name}/{limit}"] = float(row[limit])
    if pd.notna(row["n"]):
        figures[accepted_name(f"{count}/{place}")] = float(row["n"])
