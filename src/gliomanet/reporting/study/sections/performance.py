"""The figures of the evaluation: headline, whole table, comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from gliomanet.reporting.format import (
    NOT_ESTIMABLE,
    TOGETHER,
    WHOLE_GROUP,
    center_name,
    count,
    estimate,
    in_words,
    interval,
    metric_name,
    model_name,
    number,
    of,
    probability,
    reason,
    stage_name,
    subset_name,
    task_name,
)
from gliomanet.reporting.study.results import tidy, tidy_metrics
from gliomanet.reporting.table import Cell, Column, Table, numeric

LEAVE_ONE_CENTER_OUT, HELD_OUT = "leave-one-center-out", "without-"
"""The scenario of the mean over held-out centres, and how the scenarios that hold one out are named."""

JOINT = "joint"
"""The task of figures that concern all tasks at once: contradictions of the WHO classification."""

MAIN_FIGURES = ("mcc", "auc", "balanced_accuracy")
Row = Mapping[Any, Any]


def headline(metrics: pd.DataFrame, role: str = "external") -> list[Table]:
    """Show MCC per task of every model and stage over a role's centres: a table per scenario, best mean first."""
    rows = _whole_group_mcc(metrics)
    rows = rows[rows["scenario"] != LEAVE_ONE_CENTER_OUT]
    tasks = list(dict.fromkeys(rows["task"]))
    scenarios = [t for t in dict.fromkeys(rows["scenario"]) if (rows.loc[rows["scenario"] == t, "role"] == role).any()]
    tables = []
    for scenario in scenarios:
        mine = rows[rows["scenario"] == scenario]
        outside = {(r["model"], r["stage"], r["task"]): r for r in _together(mine[mine["role"] == role])}
        inside = {(r["model"], r["stage"], r["task"]): r for r in _together(mine[mine["role"] == "validation"])}
        lines = sorted(dict.fromkeys(key[:2] for key in outside), key=lambda line: (-_mean(outside, line), line))
        best = {task: max((r["value"] for k, r in outside.items() if k[2] == task), default=None) for task in tasks}
        several = len({stage for _, stage in lines}) > 1
        body = []
        for line in lines:
            cells = [Cell(model_name(*line, several))]
            for task in tasks:
                row, reference = outside.get((*line, task)), inside.get((*line, task))
                cells.append(_headline_cell(row, reference if role == "external" else None, best[task]))
            body.append(tuple(cells))
        centers = ", ".join(c for c in dict.fromkeys(mine.loc[mine["role"] == role, "center"]) if c not in TOGETHER)
        where = (
            f"on {'external centres' if role == 'external' else 'validation cases'} ({centers})" if centers else role
        )
        caption = f"MCC {where}, with interval" + (f"; scenario {scenario}" if len(scenarios) > 1 else "")
        columns = (Column("Model"), *(Column(task_name(task), True) for task in tasks))
        tables.append(Table(f"headline-{scenario}", caption + ".", columns, tuple(body)))
    return tables


def held_out_headline(metrics: pd.DataFrame) -> list[Table]:
    """MCC over held-out centres, each predicted by fits that never saw it: one table, or none without such a design."""
    rows = _whole_group_mcc(metrics)
    means = {
        (r["model"], r["stage"], r["task"]): r
        for r in rows[rows["scenario"] == LEAVE_ONE_CENTER_OUT].to_dict("records")
    }
    if not means:
        return []
    single = rows[(rows["role"] == "external") & (rows["scenario"] == HELD_OUT + rows["center"])]
    tasks = list(dict.fromkeys(key[2] for key in means))
    lines = sorted(dict.fromkeys(key[:2] for key in means), key=lambda line: (-_mean(means, line), line))
    best = {task: max((r["value"] for k, r in means.items() if k[2] == task), default=None) for task in tasks}
    several = len({stage for _, stage in lines}) > 1
    body = []
    for line in lines:
        cells = [Cell(model_name(*line, several))]
        for task in tasks:
            cell = _headline_cell(means.get((*line, task)), None, best[task])
            values = single.loc[
                (single["model"] == line[0]) & (single["stage"] == line[1]) & (single["task"] == task), "value"
            ].dropna()
            spread = f"; centres {number(values.min())} to {number(values.max())}" if len(values) > 1 else ""
            cells.append(replace(cell, small=cell.small + spread))
        body.append(tuple(cells))
    caption = (
        f"Mean over held-out centres ({', '.join(dict.fromkeys(single['center']))}): MCC in each centre by fits that "
        "never saw it, then their random-effects mean with interval."
    )
    columns = (Column("Model"), *(Column(task_name(task), True) for task in tasks))
    return [Table("headline-held-out", caption, columns, tuple(body))]


def _headline_cell(row: Row | None, reference: Row | None, best: float | None) -> Cell:
    if row is None:
        return Cell("–", kind="number")
    inside = "" if reference is None or pd.isna(reference["value"]) else f"; validation {number(reference['value'])}"
    small = of(row["n"], row["n_positive"]) + inside
    if pd.isna(row["value"]):
        return Cell(NOT_ESTIMABLE, reason(row["note"]) or small, "muted")
    return Cell(
        estimate(row["value"], row["ci_low"], row["ci_high"]), small, "best" if row["value"] == best else "number"
    )


def findings(metrics: pd.DataFrame) -> list[str]:
    """Say for each scenario and task the highest external MCC, and what it was inside the training centres.

    Where centres are held out in turn, the mean over them speaks for all: each has a table of its own.
    """
    rows = _whole_group_mcc(metrics)
    mean = rows["scenario"] == LEAVE_ONE_CENTER_OUT
    if mean.any():
        rows = pd.concat([rows[mean], rows[~mean & ~rows["scenario"].str.startswith(HELD_OUT)]])
    several_scenarios = len(set(rows.loc[rows["role"] == "external", "scenario"])) > 1
    several_stages = len(set(rows["stage"])) > 1
    sentences = []
    for (scenario, task), mine in rows.groupby(["scenario", "task"], sort=False):
        outside = [r for r in _together(mine[mine["role"] == "external"]) if pd.notna(r["value"])]
        where = f" ({'mean over held-out centres' if scenario == LEAVE_ONE_CENTER_OUT else scenario})"
        where = where if several_scenarios or scenario == LEAVE_ONE_CENTER_OUT else ""
        if not outside:
            if (mine["role"] == "external").any():
                sentences.append(f"{task_name(str(task))}{where}: MCC is not estimable on the external cases.")
            continue
        top = max(outside, key=lambda r: r["value"])
        best = estimate(top["value"], top["ci_low"], top["ci_high"])
        text = (
            f"{task_name(str(task))}{where}: the highest of {len(outside)} is {best}, "
            f"by {model_name(top['model'], top['stage'], several_stages)} ({in_words(top['n'], top['n_positive'])})"
        )
        inside = [
            r
            for r in _together(mine[mine["role"] == "validation"])
            if (r["model"], r["stage"]) == (top["model"], top["stage"]) and pd.notna(r["value"])
        ]
        if inside:
            text += f"; on validation cases of the training centres it is {number(inside[0]['value'])}"
        if pd.notna(top["ci_low"]) and top["ci_low"] <= 0:
            text += ". The interval holds 0: chance is not excluded"
        sentences.append(text + ".")
    return sentences


def metrics_table(metrics: pd.DataFrame) -> Table:
    """Every figure: a row per group of cases, a column per figure; `not estimable` with its reason."""
    table = _without_pools_of_one(tidy_metrics(metrics))
    table = table[table["task"] != JOINT]
    keys = ["role", "center", "task", "subset", "model", "stage", "scenario"]
    names = list(dict.fromkeys(table["metric"]))
    names = [n for n in MAIN_FIGURES if n in names] + [n for n in names if n not in MAIN_FIGURES]
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
        # Reasons why a figure is missing stand in its own cell, remarks on the further figures too: the column of
        # remarks is about the main ones, or every row would be as high as the longest list of remarks.
        remarks = dict.fromkeys(
            part
            for name in MAIN_FIGURES
            if name in found and pd.notna(found[name]["value"])
            for part in found[name]["note"].split("; ")
            if part
        )
        for name in names:
            cell, row = _figure_cell(found.get(name), first["n"]), found.get(name)
            own = [part for part in row["note"].split("; ") if part and part not in remarks] if row else []
            if name not in MAIN_FIGURES and row and pd.notna(row["value"]) and own:
                cell = replace(cell, small=f"{cell.small} {'; '.join(own)}")
            cells.append(cell)
        rows.append((*cells, Cell("; ".join(remarks), kind="note")))
    columns = [Column(titles.get(key, key.capitalize()), choose=True) for key in shown]
    columns += [Column("n", True), Column("Positive", True)]
    columns += [Column(metric_name(name), True, extra=name not in MAIN_FIGURES) for name in names]
    caption = "Every figure with its interval; positives are cases of a two-class task's second class."
    return Table("metrics", caption, (*columns, Column("Remarks")), tuple(rows), filterable=True)


def contradictions_table(metrics: pd.DataFrame) -> Table:
    """How often a case's predictions together are no diagnosis of WHO 2021."""
    table = _without_pools_of_one(tidy_metrics(metrics))
    table = table[table["task"] == JOINT]
    names = list(dict.fromkeys(table["metric"]))
    keys = ["model", "stage", "scenario", "role", "center"]
    shown = [key for key in keys if key not in ("stage", "scenario") or len(set(table[key])) > 1]
    show = {"stage": stage_name, "center": center_name}
    rows = []
    for group, members in table.groupby(keys, sort=False):
        values = dict(zip(keys, group, strict=True))
        found = {row["metric"]: row for row in members.to_dict("records")}
        n = next(iter(found.values()))["n"]
        cells = [Cell(show.get(key, str)(str(values[key]))) for key in shown]
        rows.append((*cells, numeric(count(n)), *(_figure_cell(found.get(name), n) for name in names)))
    columns = [Column("Centre" if key == "center" else key.capitalize(), choose=True) for key in shown]
    columns += [Column("n", True), *(Column(metric_name(name), True) for name in names)]
    caption = "Cases whose predictions together contradict the WHO classification, per 1,000, with interval."
    return Table("contradictions", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)


def _figure_cell(row: Row | None, n: float) -> Cell:
    if row is None:
        return Cell("–", kind="number")
    if pd.isna(row["value"]):
        return Cell(NOT_ESTIMABLE, reason(row["note"]), "muted")
    other = f" (n {count(row['n'])})" if pd.notna(row["n"]) and row["n"] != n else ""
    return numeric(number(row["value"]), interval(row["ci_low"], row["ci_high"]) + other)


def comparisons_table(comparisons: pd.DataFrame | None) -> Table:
    """Paired differences between models or stages, the smallest Holm-corrected p first."""
    table = tidy(
        comparisons,
        text=("scenario", "stage_a", "stage_b", "model_a", "model_b", "role", "center", "task", "metric"),
        figures=("difference", "ci_low", "ci_high", "p", "p_holm"),
    )
    several = len(set(table["stage_a"]) | set(table["stage_b"])) > 1
    scenarios = len(set(table["scenario"])) > 1
    rows = []
    for row in table.sort_values(["p_holm", "p"], kind="stable").to_dict("records"):
        pair = [model_name(row[f"model_{x}"], row[f"stage_{x}"], several) for x in "ab"]
        cells = [Cell(f"{pair[0]} minus {pair[1]}"), Cell(row["role"]), Cell(center_name(row["center"]))]
        cells += [Cell(row["scenario"])] if scenarios else []
        cells += [Cell(task_name(row["task"])), Cell(metric_name(row["metric"]))]
        if pd.isna(row["difference"]):
            cells += [Cell(NOT_ESTIMABLE, kind="muted"), Cell(), Cell()]
        else:
            cells += [numeric(estimate(row["difference"], row["ci_low"], row["ci_high"]))]
            cells += [numeric(probability(row["p"])), numeric(probability(row["p_holm"]))]
        rows.append(tuple(cells))
    columns = [Column("Pair", choose=True), Column("Role", choose=True), Column("Centre", choose=True)]
    columns += [Column("Scenario", choose=True)] if scenarios else []
    columns += [Column("Task", choose=True), Column("Figure", choose=True)]
    columns += [Column("Difference", True), Column("p", True), Column("p (Holm)", True)]
    caption = "Differences on the same cases, with interval; p after Holm's correction over the whole table."
    return Table("comparisons", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)


def _without_pools_of_one(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out `pooled` rows of a scenario and role with one centre: they repeat that centre's."""
    single = table[~table["center"].isin(TOGETHER)]
    centers = single.groupby(["scenario", "role"])["center"].nunique()
    groups = pd.MultiIndex.from_frame(table[["scenario", "role"]])
    alone = centers.reindex(groups).eq(1).to_numpy()
    kept: pd.DataFrame = table.loc[(table["center"] != "pooled") | ~alone]
    return kept


def _whole_group_mcc(metrics: pd.DataFrame) -> pd.DataFrame:
    table = tidy_metrics(metrics)
    return table[(table["metric"] == "mcc") & table["subset"].isin(WHOLE_GROUP)]


def _together(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    """Take the `pooled` rows; where there are none and one centre only, that centre's."""
    pooled = rows[rows["center"] == "pooled"]
    if pooled.empty and len(set(rows["center"])) == 1:
        pooled = rows
    return pooled.to_dict("records")


def _mean(rows: Mapping[tuple[Any, ...], Row], line: tuple[str, str]) -> float:
    values = [row["value"] for key, row in rows.items() if key[:2] == line and pd.notna(row["value"])]
    return sum(values) / len(values) if values else float("-inf")
