"""Metrics beside those of labels that were dealt anew, where the permutation test was run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gliomanet.evaluation.analyses.permutation import LEAKS
from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.reporting.format import center_name, listing, model_name, number, plural, probability, task_name
from gliomanet.reporting.study.figure import drawn
from gliomanet.reporting.study.figures.null_distribution import null_distribution
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.sections.metrics import without_pools_of_one
from gliomanet.reporting.study.tidy import tidy, tidy_metrics
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.notes import NOT_ESTIMABLE, reason_of
from gliomanet.tables.permutation import FIGURE, TESTED

Row = Mapping[Any, Any]

_NUMBERS = ("value", "draws", "null_mean", "null_low", "null_high", "p", "n")


def section(results: StudyResults) -> Section | None:
    """The true values beside those of the draws, once `snakemake permutation_test` was run."""
    if results.permutation is None or results.permutation_draws is None or results.permutation.empty:
        return None
    tested = without_pools_of_one(tidy(results.permutation, (*FIGURE, "note"), _NUMBERS))
    content = {
        "stale": stale_sentence(tested, results.metrics),
        "leaks": leaks_sentence(tested),
        "sentences": sentences(tested),
        "figure_drawn": drawn(
            null_distribution(tested, results.permutation_draws),
            "null",
            "MCC with true and dealt labels",
            results.permutation_draws,
        ),
        "table": permutation_table(tested),
    }
    return Section("permutation", "Permutation test", content)


def sentences(tested: pd.DataFrame) -> list[str]:
    """Say for each task and centre which models are better than with labels that were dealt anew.

    Args:
        tested: rows of `PERMUTATION`, tidied.
    """
    rows = tested[(tested["metric"] == "mcc") & tested["value"].notna() & (tested["draws"] > 0)]
    rows = rows[rows["role"] == "external"] if (rows["role"] == "external").any() else rows
    several = {key: len(set(rows[key])) > 1 for key in ("stage", "scenario")}
    found = []
    for (scenario, task, center), mine in rows.groupby(["scenario", "task", "center"], sort=False):
        draws, above_all = int(mine["draws"].max()), mine[mine["value"] > mine["null_high"]]
        above = [_with_value(row, several["stage"]) for row in above_all.to_dict("records")]
        below = [
            f"{_with_value(row, several['stage'])} (p = {probability(row['p'])})"
            for row in mine.drop(above_all.index).to_dict("records")
        ]
        where = f"{task_name(str(task))}, {center_name(str(center))}"
        where += f" ({scenario})" if several["scenario"] else ""
        parts = (
            [f"above all {plural(draws, 'draw')} (p = {probability(1 / (1 + draws))}): {listing(above)}"]
            if above
            else []
        )
        parts += [f"not above all: {listing(below)}"] if below else []
        found.append(f"{where}: {'; '.join(parts)}.")
    return found


def _with_value(row: Row, several_stages: bool) -> str:
    return f"{model_name(row['model'], row['stage'], several_stages)} {number(row['value'])}"


def leaks_sentence(tested: pd.DataFrame) -> str:
    """Name the figures whose draws are better than chance; "" where there is none."""
    rows = tested[tested["note"].str.contains(LEAKS, regex=False)].to_dict("records")
    named = [
        f"{task_name(r['task'])} of {r['model']} in {r['center']} ({r['role']}; mean {number(r['null_mean'])})"
        for r in rows
    ]
    return f"With labels dealt at random these are better than chance: {listing(named)}." if named else ""


def stale_sentence(tested: pd.DataFrame, metrics: pd.DataFrame) -> str:
    """Say that the draws were made beside other results than the page's; "" where they were not.

    Args:
        tested: rows of `PERMUTATION`, tidied.
        metrics: rows of `results/evaluation/metrics.tsv`, as they are now.
    """
    now = tidy_metrics(metrics).query("subset == 'all'").set_index(FIGURE)["value"]
    then = tested.set_index(FIGURE)["value"]
    same = np.isclose(now.reindex(then.index).to_numpy(), then.to_numpy(), rtol=0, atol=1e-6, equal_nan=True)
    other = int((~same).sum())
    if not other:
        return ""
    return f"{other} of {plural(len(then), 'figure')} beside the draws are not those of the other tables of this page."


def permutation_table(tested: pd.DataFrame) -> Table:
    """A row per task, centre, model and metric, in the order of the metrics."""
    several = {key: len(set(tested[key])) > 1 for key in ("stage", "scenario")}
    rows = []
    order = tested.sort_values("metric", key=lambda names: names.map(TESTED.index), kind="stable")
    for row in order.to_dict("records"):
        cells = [Cell(task_name(row["task"])), Cell(center_name(row["center"])), Cell(row["role"])]
        cells += [Cell(row["scenario"])] if several["scenario"] else []
        cells += [Cell(model_name(row["model"], row["stage"], several["stage"])), Cell(metric_label(row["metric"]))]
        if pd.isna(row["value"]) or not row["draws"]:
            cells += [Cell(NOT_ESTIMABLE, reason_of(row["note"]), "muted"), Cell(), Cell()]
        else:
            spread = f"{number(row['null_low'])} to {number(row['null_high'])} in {plural(int(row['draws']), 'draw')}"
            cells += [numeric(number(row["value"])), numeric(number(row["null_mean"]), spread)]
            cells += [numeric(probability(row["p"]), "" if pd.isna(row["value"]) else row["note"])]
        rows.append(tuple(cells))
    columns = [Column("Task", choose=True), Column("Centre", choose=True), Column("Role", choose=True)]
    columns += [Column("Scenario", choose=True)] if several["scenario"] else []
    columns += [Column("Model", choose=True), Column("Metric", choose=True), Column("True labels", True)]
    columns += [Column("Dealt anew: mean", True), Column("p", True)]
    caption = "Each figure with the true labels, and with labels that were dealt anew within each centre."
    return Table("permutation", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)
