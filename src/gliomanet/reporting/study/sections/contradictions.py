"""Contradictions of the WHO classification among a model's answers."""

from __future__ import annotations

import pandas as pd

from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.evaluation.rows import JOINT
from gliomanet.reporting.format import center_name, count, stage_name
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.sections.metrics import metric_cell, without_pools_of_one
from gliomanet.reporting.study.tidy import tidy_metrics
from gliomanet.reporting.table import Cell, Column, Table, numeric


def section(results: StudyResults) -> Section | None:
    """Contradictions, where a model answers tasks that can contradict each other."""
    table = contradictions_table(results.metrics)
    return Section("contradictions", "Contradictions of the WHO classification", {"table": table}) if table else None


def contradictions_table(metrics: pd.DataFrame) -> Table:
    """Cases whose predictions together are no diagnosis of WHO 2021, per model and centre."""
    table = without_pools_of_one(tidy_metrics(metrics))
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
        rows.append((*cells, numeric(count(n)), *(metric_cell(found.get(name), n) for name in names)))
    columns = [Column("Centre" if key == "center" else key.capitalize(), choose=True) for key in shown]
    columns += [Column("n", True), *(Column(metric_label(name), True) for name in names)]
    caption = "Cases whose predictions together contradict the WHO classification, per 1,000, with interval."
    return Table("contradictions", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)
