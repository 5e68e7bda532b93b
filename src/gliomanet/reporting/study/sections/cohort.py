"""Cohort: cases in the study, and those that are missing with the reason."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gliomanet.labels.tasks import Task
from gliomanet.modalities import MODALITIES
from gliomanet.reporting.format import SOURCES, count, modality_name, plural, task_name
from gliomanet.reporting.study.head import paragraph, totals
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric

CASE = ("case_id", "patient_id", "center", "role")
POLICIES = {
    "mark": "They are marked absent, never filled with zeros.",
    "drop": "Cases that lack one were dropped.",
    "refuse": "A case that lacks one ends the study.",
}


def section(results: StudyResults) -> Section:
    """Centres, scenarios, modalities and the cases that are missing."""
    return Section(
        "cohort",
        "Who is in it",
        {
            "paragraph": paragraph(results),
            "totals": totals(results),
            "centers": centers_table(results),
            "scenarios": scenarios_table(results.splits),
            **modalities_of(results),
            "missing": missing_table(results.missing),
            "predicted": bool(results.predictions),
        },
    )


def centers_table(results: StudyResults) -> Table:
    """Cases, patients and known labels of every centre."""
    cases, missing = tidy(results.cases, text=CASE), results.missing
    columns = [Column("Centre"), Column("Role"), Column("Source"), Column("Cases", True), Column("Patients", True)]
    columns += [Column("Not analysed by every model", True)] if len(missing) else []
    columns += [Column(task_name(name)) for name in results.tasks]
    rows = []
    for center, settings in results.settings["centers"].items():
        mine = cases[cases["center"] == center]
        row = [Cell(center), Cell(settings["role"]), Cell(SOURCES.get(settings["source"]["kind"], ""))]
        row += [numeric(count(len(mine))), numeric(count(mine["patient_id"].nunique()))]
        row += [numeric(count(missing.loc[missing["center"] == center, "case_id"].nunique()))] if len(missing) else []
        rows.append((*row, *(_labels_cell(mine, task) for task in results.tasks.values())))
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


def modalities_of(results: StudyResults) -> dict[str, Any]:
    """The table of modalities that cases lack, or a sentence where none lacks any."""
    table = modalities_table(results)
    complete = bool(table) and all(row[1].text == row[2].text for row in table.rows)
    return {"modalities": None if complete else table, "complete": complete}


def modalities_table(results: StudyResults) -> Table:
    """Usable cases that lack a modality, by centre; empty where no image was looked at."""
    qc = tidy(results.qc, text=("case_id", "center", "status", "modalities"))
    rows = []
    for center in results.settings["centers"] if len(qc) else ():
        mine = qc[(qc["center"] == center) & (qc["status"] == "ok")]
        present = [set(text.replace(" ", "").split(",")) for text in mine["modalities"]]
        lacking = [sum(modality not in has for has in present) for modality in MODALITIES]
        complete = sum(set(MODALITIES) <= has for has in present)
        rows.append((Cell(center), *(numeric(count(n)) for n in (len(present), complete, *lacking))))
    columns = [Column("Centre"), Column("Usable cases", True), Column("All four", True)]
    columns += [Column(f"No {modality_name(modality)}", True) for modality in MODALITIES]
    policy = POLICIES[results.settings["preprocessing"]["missing_modality"]]
    return Table("modalities", f"Modalities that cases lack. {policy}", tuple(columns), tuple(rows))


def missing_table(missing: pd.DataFrame) -> Table:
    """Every case that some model did not analyse, with the reason."""
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


def scenarios_table(splits: pd.DataFrame) -> Table:
    """Centres that train and centres that test, where there is more than one choice."""
    table = tidy(splits, text=("case_id", "center", "scenario", "part"))
    names = list(dict.fromkeys(table["scenario"]))
    rows = []
    for name in names if len(names) > 1 else []:
        mine = table[table["scenario"] == name]
        cells = [Cell(name)]
        for parts in (("train", "validation"), ("external",)):
            chosen = mine[mine["part"].isin(parts)]
            cases = len(set(zip(chosen["center"], chosen["case_id"], strict=True)))
            cells.append(Cell(", ".join(dict.fromkeys(chosen["center"])) or "none", plural(cases, "case")))
        rows.append(tuple(cells))
    columns = (Column("Scenario"), Column("Train"), Column("Test"))
    return Table("scenarios", "Which centres train the models, and which test them.", columns, tuple(rows))
