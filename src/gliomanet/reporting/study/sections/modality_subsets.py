"""What models do without some of their modalities: which figures are shown, and the tables of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from gliomanet.modalities import MODALITIES
from gliomanet.reporting.format import (
    NOT_ESTIMABLE,
    TOGETHER,
    contrast_name,
    count,
    estimate,
    listing,
    model_name,
    number,
    of,
    reason,
    task_name,
)
from gliomanet.reporting.study.results import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric

Line = tuple[str, str]
"""(model, stage)."""


@dataclass(frozen=True)
class Shown:
    """Figures of one scenario: of its external centres together, or of validation cases where it has none.

    Attributes:
        scenario: its name.
        where: the cases in words.
        several_stages: whether the study's models end in different stages, so that names must tell.
        rows: of one of the two tables.
    """

    scenario: str
    where: str
    several_stages: bool
    rows: pd.DataFrame

    @property
    def lines(self) -> list[Line]:
        return list(dict.fromkeys(zip(self.rows["model"], self.rows["stage"], strict=True)))

    @property
    def tasks(self) -> list[str]:
        return list(dict.fromkeys(self.rows["task"]))

    @property
    def modalities(self) -> list[str]:
        """The modalities of any model, in the order of every channel axis."""
        names = "+".join(self.rows["subset"] if "subset" in self.rows else self.rows["modality"]).split("+")
        return [name for name in MODALITIES if name in names]

    def in_parts(self, columns: int = 12) -> list[Shown]:
        """The models in groups of no more columns (a task each) than a figure can hold and be read; one at least."""
        parts: list[list[Line]] = []
        taken = columns + 1
        pairs = list(zip(self.rows["model"], self.rows["stage"], strict=True))
        for line in self.lines:
            wide = self.rows["task"][[pair == line for pair in pairs]].nunique()
            if taken + wide > columns:
                parts.append([])
                taken = 0
            parts[-1].append(line)
            taken += wide
        return [replace(self, rows=self.rows[[pair in part for pair in pairs]]) for part in parts]

    def name(self, line: Line) -> str:
        return model_name(*line, self.several_stages)


def shown_subsets(frame: pd.DataFrame | None) -> list[Shown]:
    """Rows of `evaluation/modality_subsets.tsv` that the page shows, by scenario."""
    text = ("model", "stage", "scenario", "role", "center", "subset", "task", "metric", "note")
    return _shown(tidy(frame, text=text, figures=("value", "ci_low", "ci_high", "n", "n_positive", "n_modalities")))


def shown_significance(frame: pd.DataFrame | None) -> list[Shown]:
    """Rows of `evaluation/modality_significance.tsv` that the page shows, by scenario."""
    text = ("model", "stage", "scenario", "role", "center", "task", "modality", "metric", "note")
    return _shown(tidy(frame, text=text, figures=("shapley", "ci_low", "ci_high", "fusion_weight", "n", "n_positive")))


def _shown(table: pd.DataFrame) -> list[Shown]:
    found = []
    several = len(set(table["stage"])) > 1
    for scenario, mine in table.groupby("scenario", sort=False):
        role = "external" if (mine["role"] == "external").any() else "validation"
        rows = mine[mine["role"] == role]
        centers = [center for center in dict.fromkeys(rows["center"]) if center not in TOGETHER]
        where = "external centres" if role == "external" else "validation cases"
        shown = rows[rows["center"] == "pooled"].reset_index(drop=True)
        found.append(Shown(str(scenario), f"{where} ({', '.join(centers)})", several, shown))
    return found


def cases_sentence(shown: Shown) -> str:
    """Whether all subsets are about the same cases; a comparison of rows that are not would mislead."""
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
    """MCC with interval, and below it AUC and n: a row a subset and model, a column a task."""
    found = {(r["subset"], r["model"], r["stage"], r["task"], r["metric"]): r for r in shown.rows.to_dict("records")}
    subsets = shown.rows.sort_values("n_modalities", kind="stable")["subset"]
    rows = []
    for subset in sorted(dict.fromkeys(subsets), key=_place):
        for line in shown.lines:
            if not any(key[:3] == (subset, *line) for key in found):
                continue
            names = " + ".join(map(contrast_name, subset.split("+")))
            cells = [Cell(names), Cell(shown.name(line))]
            for task in shown.tasks:
                mcc, auc = (found.get((subset, *line, task, metric)) for metric in ("mcc", "auc"))
                cells.append(_figure_cell(mcc, auc))
            rows.append(tuple(cells))
    columns = (Column("Modalities", choose=True), Column("Model", choose=True))
    caption = f"MCC with interval by subset of modalities, {shown.where}; below it the AUC, and n (positive ones)."
    tasks = (Column(task_name(task), True) for task in shown.tasks)
    return Table(name, caption, (*columns, *tasks), tuple(rows), filterable=True)


def _place(subset: str) -> tuple[int, list[int]]:
    modalities = subset.split("+")
    return len(modalities), [MODALITIES.index(name) for name in modalities]


def _figure_cell(mcc: Any, auc: Any) -> Cell:
    if mcc is None:
        return Cell("–", kind="number")
    size = of(mcc["n"], mcc["n_positive"])
    if pd.isna(mcc["value"]):
        return Cell(NOT_ESTIMABLE, reason(mcc["note"]), "muted")
    ranked = "" if auc is None or pd.isna(auc["value"]) else f"AUC {number(auc['value'])}; "
    return numeric(estimate(mcc["value"], mcc["ci_low"], mcc["ci_high"]), ranked + size)


def significance_table(shown: Shown, name: str) -> Table:
    """Shapley values of the MCC, and below them of the log-likelihood and the learned weight: a column a modality."""
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
    modalities = (Column(contrast_name(name), True) for name in shown.modalities)
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
        return Cell(NOT_ESTIMABLE, "; ".join([reason(mcc["note"]), *small]), "muted")
    return numeric(estimate(mcc["shapley"], mcc["ci_low"], mcc["ci_high"]), "; ".join(small))
