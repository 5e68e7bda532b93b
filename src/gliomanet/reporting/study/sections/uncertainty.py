"""Prediction sets and abstention: the promise of the sets in each external centre, and errors of what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gliomanet.reporting.format import DASH, count, estimate, listing, model_name, number, plural, task_name
from gliomanet.reporting.study.answers import order_of
from gliomanet.reporting.study.figure import drawn
from gliomanet.reporting.study.figures.risk_coverage import risk_coverage_plot
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.svg import styles_of
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.stages import stage_order

_TEXT = ("model", "stage", "scenario", "role", "center", "task", "class", "verdict", "note")
_NUMBERS = (
    *("level", "coverage", "ci_low", "ci_high", "expected_low", "expected_high", "n_calibration", "quantile"),
    *("empty", "single", "several", "single_correct", "n", "n_patients"),
)
_ALL = "all"
Rows = Sequence[Mapping[Any, Any]]


def section(results: StudyResults) -> Section | None:
    """Prediction sets in external centres, where there are predictions of external cases of known label."""
    sets = external_sets(results.prediction_sets)
    if sets.empty:
        return None
    risk = _last_stages(tidy(results.risk_coverage, text=("model", "stage")))
    label = "{}: share of wrong answers over the share of cases that is answered, a panel per external centre."
    styles = styles_of(order_of(results))
    figures = [
        (
            task_name(task),
            drawn(svg, f"risk-{task}".replace("_", "-"), label.format(task_name(task)), risk[risk["task"] == task]),
        )
        for task in results.tasks
        if (svg := risk_coverage_plot(risk, task, styles))
    ]
    primary = results.settings["evaluation"].get("primary_model")
    content = {
        "primary": primary,
        "level": number(sets["level"].max()),
        "sentences": center_sentences(sets, primary),
        "figures": figures,
        "table": sets_table(sets),
    }
    return Section("uncertainty", "Prediction sets and abstention", content)


def external_sets(prediction_sets: pd.DataFrame | None) -> pd.DataFrame:
    """The rows of single external centres, of each model's last stage."""
    table = tidy(prediction_sets, text=_TEXT, numbers=_NUMBERS)
    table = table[(table["role"] == "external") & (table["center"] != "pooled")]
    return _last_stages(table)


def center_sentences(sets: pd.DataFrame, primary: str | None) -> list[tuple[str, str]]:
    """Each external centre with what its sets are worth: of the study's declared model, else counted over all models.

    Args:
        sets: rows of `external_sets`.
        primary: the declared model; None where there is none.
    """
    several = len(set(sets["scenario"])) > 1
    found = []
    for (scenario, center), mine in sets.groupby(["scenario", "center"], sort=False):
        name = f"{center} ({scenario})" if several else str(center)
        rows = mine if primary is None else mine[mine["model"] == primary]
        say = _of_all_models if primary is None else _of_model
        by_task = rows.groupby("task", sort=False)
        texts = [text for task, of_task in by_task if (text := say(task_name(str(task)), of_task.to_dict("records")))]
        nothing = "nothing can be judged: no case of known label, or too few patients to calibrate with."
        found.append((name, " ".join(texts) or nothing))
    return found


def _of_model(task: str, rows: Rows) -> str:
    """Worth of one model's sets for a task in a centre; "" where no label is known."""
    known = [row for row in rows if row["class"] != _ALL and row["n"] > 0]
    everyone = next(row for row in rows if row["class"] == _ALL)
    if not known:
        return ""
    held = [
        f"{row['class']} {estimate(row['coverage'], row['ci_low'], row['ci_high'])} of {count(row['n_patients'])} "
        f"({_judged(row)})"
        for row in known
    ]
    right = f", right in {number(everyone['single_correct'])} of these" if everyone["single"] > 0 else ""
    return f"{task}: {listing(held)}; one class in {number(everyone['single'])} of the sets{right}."


def _judged(row: Mapping[Any, Any]) -> str:
    few = f"in every set: {plural(round(row['n_calibration']), 'patient')} to calibrate with"
    return few if row["note"].startswith("in every set") else row["verdict"] or "not judged"


def _of_all_models(task: str, rows: Rows) -> str:
    """The number of models whose sets for a task held each class as often as promised; "" where nothing is judged."""
    judged: dict[str, list[str]] = {}
    for row in rows:
        if row["verdict"]:
            judged.setdefault(row["class"], []).append(row["verdict"])
    parts = [f"{name} {sum(v != 'below' for v in found)} of {len(found)}" for name, found in judged.items()]
    return f"{task}: {listing(parts)}." if parts else ""


def sets_table(sets: pd.DataFrame) -> Table:
    """A row per model, external centre, task and class."""
    several = {key: len(set(sets[key])) > 1 for key in ("stage", "scenario")}
    rows = []
    for row in sets.to_dict("records"):
        cells = [Cell(model_name(row["model"], row["stage"], several["stage"])), Cell(row["center"])]
        cells += [Cell(row["scenario"])] if several["scenario"] else []
        cells += [Cell(task_name(row["task"])), Cell(row["class"])]
        coverage = estimate(row["coverage"], row["ci_low"], row["ci_high"])
        cells += [numeric(coverage, row["verdict"]), numeric(_range(row)), numeric(count(row["n"]))]
        cells += [numeric(count(row["n_calibration"]))]
        cells += [numeric(_share(row[name])) for name in ("empty", "single", "several", "single_correct")]
        rows.append((*cells, Cell(row["note"], kind="note")))
    columns = [Column("Model", choose=True), Column("Centre", choose=True)]
    columns += [Column("Scenario", choose=True)] if several["scenario"] else []
    columns += [Column("Task", choose=True), Column("True class", choose=True), Column("Set holds it", True)]
    columns += [Column("Expected", True), Column("n", True), Column("n to calibrate", True)]
    columns += [Column(title, True) for title in ("Empty", "One class", "Several", "One class, right")]
    caption = (
        "Share of cases whose prediction set holds their class, with binomial interval; the range expected of patients "
        "like those of the training centres; shares of sets by size. By the last stage of each model."
    )
    return Table("uncertainty", caption, (*columns, Column("Remarks")), tuple(rows), filterable=len(rows) > 12)


def _range(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["expected_low"]):
        return ""
    return f"{number(row['expected_low'])}{DASH}{number(row['expected_high'])}"


def _share(value: Any) -> str:
    return "" if pd.isna(value) else number(value)


def _last_stages(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of each model's last stage."""
    stages = table.groupby("model")["stage"].agg(lambda names: max(names, key=stage_order))
    return table[table["stage"] == table["model"].map(stages)].reset_index(drop=True)
