"""Effect of WHO-consistent decoding: metrics of a model's decisions without it and with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.evaluation.rows import JOINT, LEAVE_ONE_CENTER_OUT
from gliomanet.reporting.format import count, estimate, listing, model_name, number, plural, task_name
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.notes import NOT_ESTIMABLE, reason_of

_KEYS = ["model", "stage", "scenario", "role"]
_ARROW = "\N{RIGHTWARDS ARROW}"


def section(results: StudyResults) -> Section | None:
    """Changes by joint decoding, where a model answers tasks that can contradict each other."""
    if _pooled(results.decoding).empty:
        return None
    content = {
        "table": decoding_table(results.decoding),
        "changes": decoding_sentence(results.decoding),
        "unchanged": unchanged_sentence(results.decoding),
    }
    return Section("decoding", "What WHO-consistent decoding changes", content)


def unchanged_sentence(decoding: pd.DataFrame | None) -> str:
    """Name the models whose answers joint decoding leaves as they are: they have no row."""
    table = _pooled(decoding)
    names = [
        f"{model} ({', '.join(dict.fromkeys(rows['role']))})"
        for model, rows in table.groupby("model", sort=False)
        if _changes_nothing(rows)
    ]
    return f"It changes no answer of {listing(names)}." if names else ""


def _changes_nothing(rows: pd.DataFrame) -> bool:
    return bool(((rows["difference"] == 0) & (rows["ci_low"] == rows["ci_high"]) | rows["difference"].isna()).all())


def decoding_table(decoding: pd.DataFrame | None) -> Table:
    """A row per model, stage, scenario and role, all centres together: external cases first.

    Where centres are held out in turn, all of them together speak for the scenarios that hold one out.
    """
    table = _pooled(decoding)
    several = {key: len(set(table[key])) > 1 for key in ("stage", "scenario")}
    changed = [not _changes_nothing(rows) for _, rows in table.groupby("model", sort=False)]
    kept = [model for model, keep in zip(dict.fromkeys(table["model"]), changed, strict=True) if keep]
    table = table[table["model"].isin(kept)]
    metrics = list(dict.fromkeys(zip(table["task"], table["metric"], strict=True)))
    rows = []
    for (model, stage, scenario, role), members in table.groupby(_KEYS, sort=False):
        found = {(row["task"], row["metric"]): row for row in members.to_dict("records")}
        cells = [Cell(model_name(str(model), str(stage), several["stage"]))]
        cells += [Cell(str(scenario))] if several["scenario"] else []
        rows.append((*cells, Cell(str(role)), *(_cell(found.get(metric)) for metric in metrics)))
    titles = [metric_label(metric) if task == JOINT else f"MCC {task_name(task)}" for task, metric in metrics]
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
        numbers=("independent", "joint", "difference", "ci_low", "ci_high", "n"),
    )
    table = table[table["center"] == "pooled"]
    if (table["scenario"] == LEAVE_ONE_CENTER_OUT).any():
        table = table[~((table["role"] == "external") & table["scenario"].str.startswith(HELD_OUT))]
    return table.sort_values("role", key=lambda role: role != "external", kind="stable")


def _cell(row: Mapping[Any, Any] | None) -> Cell:
    if row is None:
        return Cell("–", kind="number")
    if pd.isna(row["difference"]):
        return Cell(NOT_ESTIMABLE, reason_of(row["note"]), "muted")
    change = estimate(row["difference"], row["ci_low"], row["ci_high"])
    return numeric(f"{number(row['independent'])} {_ARROW} {number(row['joint'])}", f"{change}; n {count(row['n'])}")
