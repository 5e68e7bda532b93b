"""Contradictions of the WHO classification among a model's answers."""

from __future__ import annotations

import pandas as pd

from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.evaluation.rows import JOINT
from gliomanet.reporting.format import center_name, count, plural, stage_name
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.sections.metrics import metric_cell, without_pools_of_one
from gliomanet.reporting.study.tidy import tidy_metrics
from gliomanet.reporting.table import Cell, Column, Table, numeric


def section(results: StudyResults) -> Section | None:
    """Contradictions, where a model answers tasks that can contradict each other."""
    groups = _groups(results.metrics)
    if groups.empty:
        return None
    content = {"sentence": contradictions_sentence(groups), "table": contradictions_table(groups)}
    return Section("contradictions", "Contradictions of the WHO classification", content)


def contradictions_sentence(groups: pd.DataFrame) -> str:
    """Count the groups of cases in which some answers contradict each other, and those in which none does.

    Args:
        groups: rows of `evaluation/metrics.tsv` on all tasks together, without pools of one centre.
    """
    told = []
    for metric, rows in groups.groupby("metric", sort=False):
        free = int((rows["value"] == 0).sum())
        where = "in every group" if free == len(rows) else f"in {free} of {plural(len(rows), 'group')}"
        told += [f"{metric_label(str(metric))}: 0 {where} of cases"] * bool(free)
    if not told:
        return ""
    below = " Groups without any have no row below." if (groups["value"] != 0).any() else ""
    return f"{'; '.join(told)}. A group is a model's cases of one role and centre.{below}"


def _groups(metrics: pd.DataFrame) -> pd.DataFrame:
    table = without_pools_of_one(tidy_metrics(metrics))
    return table[table["task"] == JOINT]


def contradictions_table(groups: pd.DataFrame) -> Table:
    """Cases whose predictions together are no diagnosis of WHO 2021, per model and centre that has one.

    Args:
        groups: see `contradictions_sentence`.
    """
    table = groups
    names = list(dict.fromkeys(table["metric"]))
    keys = ["model", "stage", "scenario", "role", "center"]
    shown = [key for key in keys if key not in ("stage", "scenario") or len(set(table[key])) > 1]
    show = {"stage": stage_name, "center": center_name}
    rows = []
    for group, members in table.groupby(keys, sort=False):
        values = dict(zip(keys, group, strict=True))
        found = {row["metric"]: row for row in members.to_dict("records")}
        if all(row["value"] == 0 for row in found.values()):
            continue
        n = next(iter(found.values()))["n"]
        cells = [Cell(show.get(key, str)(str(values[key]))) for key in shown]
        rows.append((*cells, numeric(count(n)), *(metric_cell(found.get(name), n) for name in names)))
    columns = [Column("Centre" if key == "center" else key.capitalize(), choose=True) for key in shown]
    columns += [Column("n", True), *(Column(metric_label(name), True) for name in names)]
    caption = "Cases whose predictions together contradict the WHO classification, per 1,000, with interval."
    return Table("contradictions", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)
