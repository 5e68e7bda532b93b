"""Metrics of models without some of their modalities, and the worth of each modality."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gliomanet.modalities import MODALITIES
from gliomanet.reporting.format import (
    count,
    estimate,
    listing,
    modality_name,
    number,
    of,
    task_name,
)
from gliomanet.reporting.study.figure import drawn
from gliomanet.reporting.study.figures.modality_subsets import subset_matrix, worth_bars
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.shown_modalities import Shown, shown_significance, shown_subsets
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.notes import NOT_ESTIMABLE, join_notes, reason_of


def section(results: StudyResults) -> Section | None:
    """Missing modalities by scenario, where subsets of modalities were predicted."""
    blocks = _blocks(results.modality_subsets, results.modality_significance)
    return Section("modality_subsets", "Missing modalities", {"scenarios": blocks}) if blocks else None


def _blocks(subsets: pd.DataFrame | None, significance: pd.DataFrame | None) -> list[dict[str, Any]]:
    worth = {shown.scenario: shown for shown in shown_significance(significance)}
    blocks = []
    for index, shown in enumerate(shown_subsets(subsets)):
        known = worth.get(shown.scenario)
        blocks.append(
            {
                "name": shown.scenario,
                "where": shown.where,
                "cases": cases_sentence(shown),
                "matrices": [
                    drawn(
                        subset_matrix(part),
                        f"modalities-{index}-{place}",
                        f"MCC of {', '.join(map(part.name, part.lines))} with every subset of the modalities: a row "
                        "per subset, a column per model and task. The table below it holds the same numbers.",
                        part.rows,
                    )
                    for place, part in enumerate(shown.in_parts())
                ],
                "table": subsets_table(shown, f"modalities-{index}"),
                "bars": known
                and drawn(
                    worth_bars(known),
                    f"worth-{index}",
                    "Worth of each modality to each model: a panel per task, a bar per modality with its interval. "
                    "The table below it holds the same numbers.",
                    known.rows,
                ),
                "worth": known and significance_table(known, f"worth-{index}"),
            }
        )
    return blocks


def cases_sentence(shown: Shown) -> str:
    """Tell the subsets' n where it differs: rows of different cases compare badly."""
    rows = shown.rows[shown.rows["metric"] == "mcc"]
    spans = []
    for task, mine in rows.groupby("task", sort=False):
        low, high = mine["n"].min(), mine["n"].max()
        if low < high:
            spans.append(f"{count(low)} to {count(high)} for {task_name(str(task))}")
    if not spans:
        return "Every subset is scored on the same cases."
    return (
        f"Some cases lack a modality and count only where they have all of a subset's: n is {listing(spans)}, so rows "
        "differ in their cases, too."
    )


def subsets_table(shown: Shown, name: str) -> Table:
    """MCC with interval, and below it AUC and n: a row per subset and model, a column per task."""
    found = {(r["subset"], r["model"], r["stage"], r["task"], r["metric"]): r for r in shown.rows.to_dict("records")}
    subsets = shown.rows.sort_values("n_modalities", kind="stable")["subset"]
    rows = []
    for subset in sorted(dict.fromkeys(subsets), key=_place):
        for line in shown.lines:
            if not any(key[:3] == (subset, *line) for key in found):
                continue
            names = " + ".join(map(modality_name, subset.split("+")))
            cells = [Cell(names), Cell(shown.name(line))]
            for task in shown.tasks:
                mcc, auc = (found.get((subset, *line, task, metric)) for metric in ("mcc", "auc"))
                cells.append(_metric_cell(mcc, auc))
            rows.append(tuple(cells))
    columns = (Column("Modalities", choose=True), Column("Model", choose=True))
    caption = f"MCC with interval by subset of modalities, {shown.where}; below it the AUC, and n (positive ones)."
    tasks = (Column(task_name(task), True) for task in shown.tasks)
    return Table(name, caption, (*columns, *tasks), tuple(rows), filterable=True)


def _place(subset: str) -> tuple[int, list[int]]:
    modalities = subset.split("+")
    return len(modalities), [MODALITIES.index(name) for name in modalities]


def _metric_cell(mcc: Any, auc: Any) -> Cell:
    if mcc is None:
        return Cell("–", kind="number")
    size = of(mcc["n"], mcc["n_positive"])
    if pd.isna(mcc["value"]):
        return Cell(NOT_ESTIMABLE, reason_of(mcc["note"]), "muted")
    ranked = "" if auc is None or pd.isna(auc["value"]) else f"AUC {number(auc['value'])}; "
    return numeric(estimate(mcc["value"], mcc["ci_low"], mcc["ci_high"]), ranked + size)


def significance_table(shown: Shown, name: str) -> Table:
    """Shapley values of the MCC, and below them of the log-likelihood and the learned weight: a column per modality."""
    keys = ("model", "stage", "task", "modality", "metric")
    found = {tuple(r[key] for key in keys): r for r in shown.rows.to_dict("records")}
    rows = []
    for line in shown.lines:
        for task in shown.tasks:
            if not any(key[:3] == (*line, task) for key in found):
                continue
            cells = [Cell(shown.name(line)), Cell(task_name(task))]
            for modality in shown.modalities:
                mcc, smooth = (found.get((*line, task, modality, metric)) for metric in ("mcc", "log_likelihood"))
                cells.append(_worth_cell(mcc, smooth))
            rows.append(tuple(cells))
    modalities = (Column(modality_name(name), True) for name in shown.modalities)
    caption = (
        f"What each modality is worth, {shown.where}: its share of the MCC with interval; below it its share of the "
        "log-likelihood, and the weight of a learned fusion where the network has one."
    )
    return Table(name, caption, (Column("Model"), Column("Task"), *modalities), tuple(rows))


def _worth_cell(mcc: Any, smooth: Any) -> Cell:
    if mcc is None:
        return Cell("–", kind="number")
    small = []
    if smooth is not None and pd.notna(smooth["shapley"]):
        small.append(f"log-likelihood {number(smooth['shapley'])}")
    if pd.notna(mcc["fusion_weight"]):
        small.append(f"weight {number(mcc['fusion_weight'])}")
    if pd.isna(mcc["shapley"]):
        return Cell(NOT_ESTIMABLE, join_notes([reason_of(mcc["note"]), *small]), "muted")
    return numeric(estimate(mcc["shapley"], mcc["ci_low"], mcc["ci_high"]), join_notes(small))
