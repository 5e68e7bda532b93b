"""Paired differences between models, and between the stages of one."""

from __future__ import annotations

import pandas as pd

from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.reporting.format import center_name, estimate, model_name, probability, task_name
from gliomanet.reporting.study.answers import tidy_comparisons
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.notes import NOT_ESTIMABLE, reason_of

EXPLORATORY = "exploratory"
"""Family of the comparisons that answer no question asked before."""


def section(results: StudyResults) -> Section | None:
    """Comparisons, where there is a pair."""
    table = comparisons_table(results.comparisons)
    return Section("comparisons", "Comparisons", {"table": table}) if table else None


def comparisons_table(comparisons: pd.DataFrame) -> Table:
    """Paired differences that the study asked for, the smallest Holm-corrected p first.

    Comparisons beside them (`exploratory`: by centre, inside groups, of validation cases) are in the file.
    """
    table = tidy_comparisons(comparisons)
    further = int((table["family"] == EXPLORATORY).sum())
    table = table[table["family"] != EXPLORATORY]
    several = len(set(table["stage_a"]) | set(table["stage_b"])) > 1
    scenarios = len(set(table["scenario"])) > 1
    rows = []
    for row in table.sort_values(["p_holm", "p"], kind="stable").to_dict("records"):
        pair = [model_name(row[f"model_{x}"], row[f"stage_{x}"], several) for x in "ab"]
        cells = [Cell(f"{pair[0]} minus {pair[1]}"), Cell(row["role"]), Cell(center_name(row["center"]))]
        cells += [Cell(row["scenario"])] if scenarios else []
        cells += [Cell(task_name(row["task"])), Cell(metric_label(row["metric"]))]
        if pd.isna(row["difference"]):
            cells += [Cell(NOT_ESTIMABLE, reason_of(row["note"]), "muted"), Cell(), Cell()]
        else:
            cells += [numeric(estimate(row["difference"], row["ci_low"], row["ci_high"]), row["note"])]
            cells += [numeric(probability(row["p"])), numeric(probability(row["p_holm"]))]
        rows.append(tuple(cells))
    columns = [Column("Pair", choose=True), Column("Role", choose=True), Column("Centre", choose=True)]
    columns += [Column("Scenario", choose=True)] if scenarios else []
    columns += [Column("Task", choose=True), Column("Metric", choose=True)]
    columns += [Column("Difference", True), Column("p", True), Column("p (Holm)", True)]
    caption = "Differences on the same cases, with interval; p after Holm's correction over this table."
    if further:
        caption += f" {further:,} further ones, by centre and inside groups of patients: evaluation/comparisons.tsv."
    return Table("comparisons", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)
