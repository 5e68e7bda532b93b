"""Whether probabilities are as sure as they may be, before and after temperature scaling."""

from __future__ import annotations

import pandas as pd

from gliomanet.reporting.format import count, model_name, number, task_name
from gliomanet.reporting.study.results import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric

TEXT = ("model", "stage", "scenario", "task", "fold", "note")
FIGURES = ("temperature", "n", "ece_before", "ece_after", "nll_before", "nll_after")


def calibration_table(calibration: pd.DataFrame | None) -> Table:
    """A row a model, stage, scenario and task: its temperature, and how far probabilities were and are from the truth.

    Args:
        calibration: rows of `results/calibration/`; the temperatures of single folds are not shown. None: the study
            does not calibrate.

    """
    table = tidy(calibration, text=TEXT, figures=FIGURES)
    table = table[table["fold"] == "all"]
    several = {key: len(set(table[key])) > 1 for key in ("stage", "scenario")}
    rows = []
    for row in table.to_dict("records"):
        cells = [Cell(model_name(row["model"], row["stage"], several["stage"])), Cell(task_name(row["task"]))]
        cells += [Cell(row["scenario"])] if several["scenario"] else []
        cells += [numeric(count(row["n"])), numeric(number(row["temperature"]))]
        cells += [numeric("–" if pd.isna(row[name]) else number(row[name], 3)) for name in FIGURES[2:]]
        rows.append((*cells, Cell(row["note"], kind="note")))
    columns = [Column("Model", choose=True), Column("Task", choose=True)]
    columns += [Column("Scenario", choose=True)] if several["scenario"] else []
    columns += [Column("n", True), Column("Temperature", True)]
    columns += [Column(f"{figure} {when}", True) for figure in ("ECE", "NLL") for when in ("before", "after")]
    caption = (
        "Calibration error (ECE) and mean negative log-likelihood (NLL, nats) of validation cases, each scaled by a "
        "temperature that the other folds' cases ask for. The temperature shown is the one that a fold's external "
        "cases get; an ensemble of folds averages unscaled probabilities."
    )
    return Table("calibration", caption, (*columns, Column("Remarks")), tuple(rows), filterable=len(rows) > 12)
