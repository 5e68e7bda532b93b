"""Who is in the study, who is missing and why, and what quality control saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gliomanet.labels.tasks import Task
from gliomanet.modalities import MODALITIES
from gliomanet.reporting.format import SOURCES, count, listing, number, plural, task_name
from gliomanet.reporting.study.results import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric

CASE = ("case_id", "patient_id", "center", "role")
QC = ("case_id", "center", "status", "modalities", "flags", "reason")
POLICIES = {
    "mark": "They are marked absent, never filled with zeros.",
    "drop": "Cases that lack one were dropped.",
    "refuse": "A case that lacks one ends the study.",
}
UNEXPLAINED = "in the case table, in no fold: no known label of any task, or no usable features"
UNPREDICTED = "none of the model's modalities or features is known"


def tasks_of(study: Mapping[str, Any]) -> dict[str, Task]:
    return {name: Task.model_validate(task) for name, task in study["tasks"].items()}


def centers_table(study: Mapping[str, Any], cases: pd.DataFrame, missing: pd.DataFrame) -> Table:
    """Cases, patients and known labels of every centre; `missing`: those that not every model analysed."""
    cases = tidy(cases, text=CASE)
    tasks = tasks_of(study)
    columns = [Column("Centre"), Column("Role"), Column("Source"), Column("Cases", True), Column("Patients", True)]
    columns += [Column("Not analysed by every model", True)] if len(missing) else []
    columns += [Column(task_name(name)) for name in tasks]
    rows = []
    for center, settings in study["centers"].items():
        mine = cases[cases["center"] == center]
        row = [Cell(center), Cell(settings["role"]), Cell(SOURCES.get(settings["source"]["kind"], ""))]
        row += [numeric(count(len(mine))), numeric(count(mine["patient_id"].nunique()))]
        row += [numeric(count(missing.loc[missing["center"] == center, "case_id"].nunique()))] if len(missing) else []
        rows.append((*row, *(_labels_cell(mine, task) for task in tasks.values())))
    caption = "Cases of each centre and what is known of them. Below the classes: labels that are unknown or derived."
    return Table("centers", caption, tuple(columns), tuple(rows))


def _labels_cell(cases: pd.DataFrame, task: Task) -> Cell:
    if task.label not in cases or cases.empty:
        return Cell("none known", kind="muted")
    classes = [task.encode(value) for value in cases[task.label]]
    known = " · ".join(f"{name}:\u00a0{count(classes.count(i))}" for i, name in enumerate(task.class_names))
    unknown = sum(value < 0 for value in classes)
    source = cases.get(f"{task.label}_source")
    derived = 0 if source is None else int((source == "derived").sum())
    small = [f"unknown {count(unknown)}"] * bool(unknown) + [f"derived {count(derived)}"] * bool(derived)
    return Cell(known if unknown < len(cases) else "none known", ", ".join(small))


def modalities_table(study: Mapping[str, Any], cases: pd.DataFrame, qc: pd.DataFrame | None) -> Table:
    """Cases that lack a modality, by centre; from quality control where there is one, else from the case table."""
    cases, qc = tidy(cases, text=(*CASE, *MODALITIES)), tidy(qc, text=QC)
    rows = []
    for center in study["centers"]:
        if len(qc):
            mine = qc[(qc["center"] == center) & (qc["status"] == "ok")]
            present = [set(text.replace(" ", "").split(",")) for text in mine["modalities"]]
        else:
            mine = cases[cases["center"] == center]
            present = [{m for m in MODALITIES if row[m]} for row in mine.to_dict("records")]
        lacking = [sum(modality not in has for has in present) for modality in MODALITIES]
        complete = sum(set(MODALITIES) <= has for has in present)
        figures = [numeric(count(n)) for n in (len(present), complete, *lacking)]
        rows.append((Cell(center), *figures))
    columns = [Column("Centre"), Column("Usable cases", True), Column("All four", True)]
    columns += [Column(f"No {name}", True) for name in ("T1", "T1c", "T2", "FLAIR")]
    policy = POLICIES[study["preprocessing"]["missing_modality"]]
    return Table("modalities", f"Modalities that cases lack. {policy}", tuple(columns), tuple(rows))


def missing_cases(cases: pd.DataFrame, splits: pd.DataFrame, qc: pd.DataFrame | None) -> pd.DataFrame:
    """Cases that reached no fold: case_id, center, status, reason."""
    cases, splits, qc = tidy(cases, text=CASE), tidy(splits, text=CASE), tidy(qc, text=QC)
    lost = qc.loc[qc["status"] != "ok", ["case_id", "center", "status", "reason"]]
    if splits.empty:
        return lost.reset_index(drop=True)
    seen = set(zip(splits["center"], splits["case_id"], strict=True)) | set(
        zip(lost["center"], lost["case_id"], strict=True)
    )
    silent = [
        (case, center)
        for case, center in zip(cases["case_id"], cases["center"], strict=True)
        if (center, case) not in seen
    ]
    rest = pd.DataFrame(silent, columns=["case_id", "center"]).assign(status="left out", reason=UNEXPLAINED)
    return pd.concat([lost, rest], ignore_index=True)


def unpredicted_cases(splits: pd.DataFrame, predictions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Cases of the folds that some model gave no prediction: case_id, center, status, reason.

    A case counts as predicted by a model where every scenario and role that its part of the splits asks for has a row,
    in every stage of the model. `status` names the models that lack one.
    """
    splits = tidy(splits, text=("case_id", "center", "scenario", "part"))
    keys = ["scenario", "role", "center", "case_id"]
    tested = splits[splits["part"].isin(("validation", "external"))].assign(role=splits["part"])
    asked = list(dict.fromkeys(tested[keys].itertuples(index=False, name=None)))
    by_case: dict[tuple[str, str], list[str]] = {}
    for model, table in predictions.items():
        rows = tidy(table, text=("stage", *keys))
        stages = [set(mine[keys].itertuples(index=False, name=None)) for _, mine in rows.groupby("stage", sort=False)]
        for key in asked:
            models = by_case.setdefault((key[3], key[2]), [])
            if model not in models and not (stages and all(key in seen for seen in stages)):
                models.append(model)
    lost = [(*case, f"not predicted by {listing(models)}", UNPREDICTED) for case, models in by_case.items() if models]
    return pd.DataFrame(lost, columns=["case_id", "center", "status", "reason"])


def missing_table(missing: pd.DataFrame) -> Table:
    rows = [
        (
            Cell(row["case_id"]),
            Cell(row["center"]),
            Cell(row["status"]),
            Cell(row["reason"] or "no reason was recorded"),
        )
        for row in missing.to_dict("records")
    ]
    columns = (Column("Case"), Column("Centre", choose=True), Column("Status", choose=True), Column("Why"))
    caption = "Cases that not every model analysed, and why."
    return Table("missing", caption, columns, tuple(rows), filterable=len(rows) > 12)


QC_FIGURES = {
    "atlas_similarity": "Similarity to the atlas",
    "similarity_t1": "T1 to reference",
    "similarity_t2": "T2 to reference",
    "similarity_flair": "FLAIR to reference",
    "brain_volume_ml": "Brain, ml",
    "tumour_volume_ml": "Tumour, ml",
}


def qc_table(qc: pd.DataFrame | None) -> Table:
    """Median and range of the quality figures of each centre."""
    table = tidy(qc, text=QC)
    figures = [name for name in QC_FIGURES if name in table and table[name].notna().any()]
    rows = []
    for center, mine in table.groupby("center", sort=False):
        row = [
            Cell(str(center)),
            numeric(count((mine["status"] == "ok").sum())),
            numeric(count((mine["flags"] != "").sum())),
        ]
        for name in figures:
            known, digits = mine[name].dropna(), 0 if name.endswith("_ml") else 2
            show = count if digits == 0 else number
            row.append(
                numeric(show(known.median()), f"{show(known.min())} to {show(known.max())}")
                if len(known)
                else Cell("–", kind="number")
            )
        rows.append(tuple(row))
    columns = [Column("Centre"), Column("Usable cases", True), Column("Flagged", True)]
    columns += [Column(QC_FIGURES[name], True) for name in figures]
    return Table("qc", "Quality figures: median, and the range below it.", tuple(columns), tuple(rows))


def flagged_table(qc: pd.DataFrame | None) -> Table:
    table = tidy(qc, text=QC)
    rows = [
        (
            Cell(row["case_id"]),
            Cell(row["center"]),
            Cell(row["flags"].replace("_", " ").replace(",", ", ").replace(",  ", ", ")),
        )
        for row in table[table["flags"] != ""].to_dict("records")
    ]
    columns = (Column("Case"), Column("Centre", choose=True), Column("Flags"))
    caption = f"{plural(len(rows), 'case')} far from the rest of the centre: look at the pictures before trusting them."
    return Table("flagged", caption, columns, tuple(rows), filterable=len(rows) > 12)
