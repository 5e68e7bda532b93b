"""Calibration: curves, slopes and intercepts on unseen centres, and the temperatures that scale probabilities."""

from __future__ import annotations

import pandas as pd

from gliomanet.reporting.format import center_name, count, estimate, model_name, number, of, task_name
from gliomanet.reporting.study.curves import curve_panels, shown_rows
from gliomanet.reporting.study.figures.curves import calibration_panel
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.notes import NOT_ESTIMABLE, not_estimable, split_notes

TEXT = ("model", "stage", "scenario", "task", "fold", "note")
SLOPES = ("model", "center", "task", "class", "n", "n_positive")
NUMBERS = ("temperature", "n", "ece_before", "ece_after", "nll_before", "nll_after")


def section(results: StudyResults) -> Section | None:
    """Curves, slopes and temperatures, where there is one of them."""
    content = {
        "groups": curve_panels(
            results, results.calibration_curves, "calibration", "Calibration curve", calibration_panel
        ),
        "slopes": slopes_table(results),
        "table": calibration_table(results.calibration),
    }
    return Section("calibration", "Calibration", content) if any(content.values()) else None


def slopes_table(results: StudyResults) -> Table:
    """Slope and intercept of the models and centres whose curves are shown."""
    table = shown_rows(results, results.recalibration)
    parts = ("slope", "intercept")
    table = tidy(
        table, text=(*SLOPES, "note"), numbers=[f"{p}{end}" for p in parts for end in ("", "_ci_low", "_ci_high")]
    )
    several = table["class"].nunique() > table["task"].nunique()
    rows = []
    for row in table.to_dict("records"):
        cells = [Cell(task_name(row["task"]), row["class"] if several else ""), Cell(center_name(row["center"]))]
        cells += [Cell(row["model"]), numeric(of(row["n"], row["n_positive"]))]
        for part in parts:
            value = row[part]
            if pd.isna(value):
                cells.append(Cell(NOT_ESTIMABLE, _reason(row["note"], part), "muted"))
            else:
                cells.append(numeric(estimate(value, row[f"{part}_ci_low"], row[f"{part}_ci_high"])))
        rows.append(tuple(cells))
    columns = (
        *(Column("Task", choose=True), Column("Centre", choose=True), Column("Model", choose=True)),
        *(Column("n", True), Column("Slope", True), Column("Intercept", True)),
    )
    caption = (
        "Logistic recalibration. Slope 1 and intercept 0 are right; a slope below 1: too sure of itself; an intercept "
        "below 0: the class is overcalled."
    )
    return Table("slopes", caption, columns, tuple(rows), filterable=len(rows) > 12)


def _reason(note: str, part: str) -> str:
    """The reason why a slope or an intercept is not there: the remarks on it alone, or on both."""
    of_both, of_part = not_estimable(""), f"no {part}: "
    return "; ".join(
        said.removeprefix(of_both).removeprefix(of_part)
        for said in split_notes(note)
        if said.startswith((of_both, of_part))
    )


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
