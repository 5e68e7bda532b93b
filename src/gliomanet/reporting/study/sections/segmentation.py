"""How the networks' tumours agree with the masks, as the page shows it."""

from __future__ import annotations

import pandas as pd

from gliomanet.reporting.format import NOT_ESTIMABLE, center_name, count, interval, number, reason
from gliomanet.reporting.study.results import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric

_KEYS = ["model", "scenario", "role", "center", "region"]
_TITLES = {"center": "Centre"}


def segmentation_table(figures: pd.DataFrame | None) -> Table:
    """Dice and HD95 of every model, centre and region: mean with interval, the median beneath."""
    table = tidy(
        figures,
        text=("model", "stage", "scenario", "role", "center", "region", "metric", "note"),
        figures=("mean", "median", "ci_low", "ci_high", "n"),
    )
    shown = [key for key in _KEYS if key != "scenario" or len(set(table[key])) > 1]
    rows = []
    for group, members in table.groupby(["stage", *_KEYS], sort=False):
        values = dict(zip(["stage", *_KEYS], map(str, group), strict=True))
        found = {row["metric"]: row for row in members.to_dict("records")}
        cells = [Cell(center_name(values[key]) if key == "center" else values[key]) for key in shown]
        for metric, digits in (("dice", 2), ("hd95_mm", 1)):
            row = found[metric]
            if pd.isna(row["mean"]):
                cells += [Cell(NOT_ESTIMABLE, reason(row["note"]), "muted"), numeric("0")]
                continue
            remark = f"{interval(row['ci_low'], row['ci_high'])} median {number(row['median'], digits)}".strip()
            notes = "; ".join(part for part in (remark, row["note"]) if part)
            cells += [numeric(number(row["mean"], digits), notes), numeric(count(row["n"]))]
        rows.append(tuple(cells))
    columns = [Column(_TITLES.get(key, key.capitalize()), choose=True) for key in shown]
    columns += [Column("Dice", True), Column("n", True), Column("HD95, mm", True), Column("n", True)]
    caption = (
        "Mean with its interval over patients, and median, by region of the tumour; n: cases that have the figure."
    )
    return Table("segmentation", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)
