"""Agreement of the networks' tumours with the tumour masks."""

from __future__ import annotations

import pandas as pd

from gliomanet.evaluation.metrics.registry import SEGMENTATION
from gliomanet.reporting.format import center_name, count, interval, number
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.notes import NOT_ESTIMABLE, join_notes, reason_of, split_notes

_KEYS = ["model", "scenario", "role", "center", "region"]
_TITLES = {"center": "Centre"}
_DIGITS = {"dice": 2, "hd95_mm": 1}


def section(results: StudyResults) -> Section | None:
    """Dice and HD95, where a model segments."""
    table = segmentation_table(results.segmentation)
    return Section("segmentation", "Segmentation", {"table": table}) if table else None


def segmentation_table(segmentation: pd.DataFrame | None) -> Table:
    """Dice and HD95 of every model, centre and region: mean with interval, the median beneath."""
    table = tidy(
        segmentation,
        text=("model", "stage", "scenario", "role", "center", "region", "metric", "note"),
        numbers=("mean", "median", "ci_low", "ci_high", "n"),
    )
    shown = [key for key in _KEYS if key != "scenario" or len(set(table[key])) > 1]
    rows = []
    for group, members in table.groupby(["stage", *_KEYS], sort=False):
        values = dict(zip(["stage", *_KEYS], map(str, group), strict=True))
        found = {row["metric"]: row for row in members.to_dict("records")}
        cells = [Cell(center_name(values[key]) if key == "center" else values[key]) for key in shown]
        for metric in SEGMENTATION:
            row, digits = found[metric.name], _DIGITS[metric.name]
            if pd.isna(row["mean"]):
                cells += [Cell(NOT_ESTIMABLE, reason_of(row["note"]), "muted"), numeric("0")]
                continue
            remark = f"{interval(row['ci_low'], row['ci_high'])} median {number(row['median'], digits)}".strip()
            notes = join_notes([*([remark] if remark else []), *split_notes(row["note"])])
            cells += [numeric(number(row["mean"], digits), notes), numeric(count(row["n"]))]
        rows.append(tuple(cells))
    columns = [Column(_TITLES.get(key, key.capitalize()), choose=True) for key in shown]
    columns += [Column(title, True) for metric in SEGMENTATION for title in (metric.label, "n")]
    caption = "Mean with its interval over patients, and median, by region of the tumour; n: cases that have a value."
    return Table("segmentation", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)
