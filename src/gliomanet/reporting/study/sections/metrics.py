"""Every metric of every model, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.evaluation.rows import JOINT
from gliomanet.reporting.format import (
    TOGETHER,
    center_name,
    count,
    interval,
    number,
    stage_name,
    subset_name,
    task_name,
)
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy_metrics
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.notes import NOT_ESTIMABLE, join_notes, reason_of, split_notes

MAIN_METRICS = ("mcc", "auc", "balanced_accuracy")
Row = Mapping[Any, Any]


def section(results: StudyResults) -> Section | None:
    """The whole table of metrics."""
    table = metrics_table(results.metrics)
    if not table:
        return None
    command = trace_command(results.settings["results"], results.metrics)
    return Section("metrics", "All metrics", {"table": table, "trace": command})


def trace_command(folder: str, metrics: pd.DataFrame) -> str:
    """Write the command that leads from a figure of the table to its ground, for the first external one."""
    rows = metrics[metrics["metric"] == "mcc"]
    external = rows[rows["role"] == "external"]
    rows = external if len(external) else rows
    if rows.empty:
        return ""
    words = (str(rows.iloc[0][key]) for key in ("metric", "task", "role", "center", "model"))
    return " ".join(("gliomanet trace", folder, *words))


def metrics_table(metrics: pd.DataFrame) -> Table:
    """A row per group of cases, a column per metric; `not estimable` with its reason."""
    table = without_pools_of_one(tidy_metrics(metrics))
    table = table[table["task"] != JOINT]
    keys = ["role", "center", "task", "subset", "model", "stage", "scenario"]
    names = list(dict.fromkeys(table["metric"]))
    names = [n for n in MAIN_METRICS if n in names] + [n for n in names if n not in MAIN_METRICS]
    several = {key: len(set(table[key])) > 1 for key in ("stage", "scenario", "subset")}
    shown = [key for key in keys if several.get(key, True)]
    titles = {
        "role": "Role",
        "center": "Centre",
        "task": "Task",
        "subset": "Within",
        "model": "Model",
        "stage": "Stage",
    }
    show = {"center": center_name, "task": task_name, "stage": stage_name, "subset": subset_name}
    rows = []
    for group, members in table.groupby(keys, sort=False):
        values = dict(zip(keys, group, strict=True))
        found = {row["metric"]: row for row in members.to_dict("records")}
        first = found.get("mcc") or next(iter(found.values()))
        cells = [Cell(show.get(key, str)(str(values[key]))) for key in shown]
        cells += [numeric(count(first["n"])), numeric(count(first["n_positive"]))]
        # Reasons why a value is missing stand in its own cell, remarks on the further metrics too: the column of
        # remarks is about the main ones, or every row would be as high as the longest list of remarks.
        remarks = dict.fromkeys(
            note
            for name in MAIN_METRICS
            if name in found and pd.notna(found[name]["value"])
            for note in split_notes(found[name]["note"])
        )
        for name in names:
            cell, row = metric_cell(found.get(name), first["n"]), found.get(name)
            own = [note for note in split_notes(row["note"]) if note not in remarks] if row else []
            if name not in MAIN_METRICS and row and pd.notna(row["value"]) and own:
                cell = replace(cell, small=f"{cell.small} {join_notes(own)}")
            cells.append(cell)
        rows.append((*cells, Cell(join_notes(remarks), kind="note")))
    columns = [Column(titles.get(key, key.capitalize()), choose=True) for key in shown]
    columns += [Column("n", True), Column("Positive", True)]
    columns += [Column(metric_label(name), True, extra=name not in MAIN_METRICS) for name in names]
    caption = "Every metric with its interval; positives are cases of a two-class task's second class."
    return Table("metrics", caption, (*columns, Column("Remarks")), tuple(rows), filterable=True)


def metric_cell(row: Row | None, n: float) -> Cell:
    """Value and interval, or why it is not estimable; its own n where that is not the row's."""
    if row is None:
        return Cell("–", kind="number")
    if pd.isna(row["value"]):
        return Cell(NOT_ESTIMABLE, reason_of(row["note"]), "muted")
    other = f" (n {count(row['n'])})" if pd.notna(row["n"]) and row["n"] != n else ""
    return numeric(number(row["value"]), interval(row["ci_low"], row["ci_high"]) + other)


def without_pools_of_one(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out `pooled` rows of a scenario and role with one centre: they repeat that centre's."""
    single = table[~table["center"].isin(TOGETHER)]
    centers = single.groupby(["scenario", "role"])["center"].nunique()
    groups = pd.MultiIndex.from_frame(table[["scenario", "role"]])
    alone = centers.reindex(groups).eq(1).to_numpy()
    kept: pd.DataFrame = table.loc[(table["center"] != "pooled") | ~alone]
    return kept
