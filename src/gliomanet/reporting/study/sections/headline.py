"""Headline: MCC of every model on external cases, or on validation cases where no centre tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT
from gliomanet.reporting.format import (
    TOGETHER,
    WHOLE_GROUP,
    estimate,
    in_words,
    model_name,
    number,
    of,
    task_name,
)
from gliomanet.reporting.study.figures.forest import forest_plot, marks_sentence
from gliomanet.reporting.study.model_notes import identical_task_notes, model_notes
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section, drawn
from gliomanet.reporting.study.tidy import tidy_metrics
from gliomanet.reporting.table import Cell, Column, Table
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.notes import NOT_ESTIMABLE, reason_of

Row = Mapping[Any, Any]
FOREST = (
    "Forest plot of the MCC with its interval: a panel per task, a band per group of cases, a line per model. "
    "The table of all metrics below holds the same numbers."
)


def section(results: StudyResults) -> Section | None:
    """The headline, where an MCC was computed."""
    external, held_out = headline(results.metrics), held_out_headline(results.metrics)
    tables = [*held_out, *(external or headline(results.metrics, "validation"))]
    if not tables:
        return None
    content = {
        "external": bool(external),
        "findings": findings(results.metrics),
        "tables": tables,
        "notes": [*model_notes(results.models), *identical_task_notes(results.predictions)],
        "forest": drawn(forest_plot(results.metrics), "forest", FOREST),
        "marks": marks_sentence(results.metrics),
    }
    return Section("headline", "What came out", content)


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
        return Cell(NOT_ESTIMABLE, reason_of(row["note"]) or small, "muted")
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
