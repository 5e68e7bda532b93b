"""Calibration of probabilities, before and after temperature scaling."""

from __future__ import annotations

import pandas as pd

from gliomanet.reporting.format import count, model_name, number, task_name
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric

TEXT = ("model", "stage", "scenario", "task", "fold", "note")
NUMBERS = ("temperature", "n", "ece_before", "ece_after", "nll_before", "nll_after")


def section(results: StudyResults) -> Section | None:
    """Temperatures, where the study calibrates."""
    table = calibration_table(results.calibration)
    return Section("calibration", "Calibration", {"table": table}) if table else None


def calibration_table(calibration: pd.DataFrame | None) -> Table:
    """A row per model, stage, scenario and task: the temperature, and the calibration error before and after it.

    Args:
        calibration: rows of `results/calibration/`; the temperatures of single folds are not shown. None: the study
            does not calibrate.

    """
    table = tidy(calibration, text=TEXT, numbers=NUMBERS)
    table = table[table["fold"] == "all"]
    several = {key: len(set(table[key])) > 1 for key in ("stage", "scenario")}
    rows = []
    for row in table.to_dict("records"):
        cells = [Cell(model_name(row["model"], row["stage"], several["stage"])), Cell(task_name(row["task"]))]
        cells += [Cell(row["scenario"])] if several["scenario"] else []
        cells += [numeric(count(row["n"])), numeric(number(row["temperature"]))]
        cells += [numeric("–" if pd.isna(row[name]) else number(row[name], 3)) for name in NUMBERS[2:]]
        rows.append((*cells, Cell(row["note"], kind="note")))
    columns = [Column("Model", choose=True), Column("Task", choose=True)]
    columns += [Column("Scenario", choose=True)] if several["scenario"] else []
    columns += [Column("n", True), Column("Temperature", True)]
    columns += [Column(f"{name} {when}", True) for name in ("ECE", "NLL") for when in ("before", "after")]
    caption = (
        "Calibration error (ECE) and mean negative log-likelihood (NLL, nats) of validation cases, each scaled by a "
        "temperature that the other folds' cases ask for. The temperature shown is the one that a fold's external "
        "cases get; an ensemble of folds averages unscaled probabilities."
    )
    return Table("calibration", caption, (*columns, Column("Remarks")), tuple(rows), filterable=len(rows) > 12)
