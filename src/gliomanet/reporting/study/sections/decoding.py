"""What WHO-consistent decoding changes: the figures of a model's decisions without it and with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gliomanet.reporting.format import (
    NOT_ESTIMABLE,
    count,
    estimate,
    metric_name,
    model_name,
    number,
    plural,
    reason,
    task_name,
)
from gliomanet.reporting.study.results import tidy
from gliomanet.reporting.study.sections.performance import HELD_OUT, JOINT, LEAVE_ONE_CENTER_OUT
from gliomanet.reporting.table import Cell, Column, Table, numeric

_KEYS = ["model", "stage", "scenario", "role"]
_ARROW = "\N{RIGHTWARDS ARROW}"


def decoding_table(decoding: pd.DataFrame | None) -> Table:
    """A row per model, stage, scenario and role, all centres together: external cases first.

    Where centres are held out in turn, all of them together speak for the scenarios that hold one out.
    """
    table = _pooled(decoding)
    several = {key: len(set(table[key])) > 1 for key in ("stage", "scenario")}
    figures = list(dict.fromkeys(zip(table["task"], table["metric"], strict=True)))
    rows = []
    for (model, stage, scenario, role), members in table.groupby(_KEYS, sort=False):
        found = {(row["task"], row["metric"]): row for row in members.to_dict("records")}
        cells = [Cell(model_name(str(model), str(stage), several["stage"]))]
        cells += [Cell(str(scenario))] if several["scenario"] else []
        rows.append((*cells, Cell(str(role)), *(_cell(found.get(figure)) for figure in figures)))
    titles = [metric_name(metric) if task == JOINT else f"MCC {task_name(task)}" for task, metric in figures]
    columns = [Column("Model", choose=True)]
    columns += [Column("Scenario", choose=True)] if several["scenario"] else []
    columns += [Column("Role", choose=True), *(Column(title, True) for title in titles)]
    caption = f"Each task decided by itself {_ARROW} all decided together; below, the change with its interval."
    return Table("decoding", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)


def decoding_sentence(decoding: pd.DataFrame | None) -> str:
    """Count the changes of MCC beyond chance: on external cases, or on validation cases where none are external."""
    table = _pooled(decoding)
    table = table[(table["metric"] == "mcc") & table["difference"].notna()]
    for role, where in (("external", "external cases"), ("validation", "validation cases")):
        mine = table[table["role"] == role]
        if len(mine):
            better, worse = int((mine["ci_low"] > 0).sum()), int((mine["ci_high"] < 0).sum())
            return (
                f"Of {plural(len(mine), 'change')} of an MCC on {where}, {better} {'is' if better == 1 else 'are'} "
                f"above 0 with the whole interval and {worse} below."
            )
    return ""


def _pooled(decoding: pd.DataFrame | None) -> pd.DataFrame:
    table = tidy(
        decoding,
        text=(*_KEYS, "center", "task", "metric", "note"),
        figures=("independent", "joint", "difference", "ci_low", "ci_high", "n"),
    )
    table = table[table["center"] == "pooled"]
    if (table["scenario"] == LEAVE_ONE_CENTER_OUT).any():
        table = table[~((table["role"] == "external") & table["scenario"].str.startswith(HELD_OUT))]
    return table.sort_values("role", key=lambda role: role != "external", kind="stable")


def _cell(row: Mapping[Any, Any] | None) -> Cell:
    if row is None:
        return Cell("–", kind="number")
    if pd.isna(row["difference"]):
        return Cell(NOT_ESTIMABLE, reason(row["note"]), "muted")
    change = estimate(row["difference"], row["ci_low"], row["ci_high"])
    return numeric(f"{number(row['independent'])} {_ARROW} {number(row['joint'])}", f"{change}; n {count(row['n'])}")
