"""Headline: what the declared model adds to the reference, and the MCC of every model on cases no fit has seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT
from gliomanet.reporting.format import (
    TOGETHER,
    WHOLE_GROUP,
    center_name,
    estimate,
    model_name,
    number,
    of,
    probability,
    task_name,
)
from gliomanet.reporting.study.answers import FAMILY, answering_rows, order_of, tidy_comparisons
from gliomanet.reporting.study.figure import Figure, drawn
from gliomanet.reporting.study.figures.forest import forest_plot, marks_sentence
from gliomanet.reporting.study.model_notes import identical_task_notes, model_notes
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy_metrics
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.notes import NOT_ESTIMABLE, reason_of

Row = Mapping[Any, Any]
Line = tuple[str, str]
FOREST = (
    "Forest plot of the MCC of {} with its interval: a band per group of cases, a line per model. The table of all "
    "metrics below holds the same numbers."
)


def section(results: StudyResults) -> Section | None:
    """The headline, where an MCC was computed."""
    order = order_of(results)
    external, held_out = headline(results.metrics, order), held_out_headline(results.metrics, order)
    tables = [*held_out, *(external or headline(results.metrics, order, "validation"))]
    if not tables:
        return None
    rows = mcc_rows(results)
    shown, rest = shown_and_further(rows)
    gains, further_gains = shown_and_further(gain_rows(results))
    several_stages = len(set(rows["stage"])) > 1
    content = {
        "external": bool(external or held_out),
        "gain": gain_table(results, gains) if len(gains) else None,
        "further_gain": gain_table(results, further_gains, "further-gain") if len(further_gains) else None,
        "tables": tables[:1] if held_out else tables,
        "further_tables": tables[1:] if held_out else [],
        "notes": [*model_notes(results.models), *identical_task_notes(results.predictions)],
        "forests": forests(shown),
        "further_forests": forests(rest, "further") if len(rest) else [],
        "marks": marks_sentence(results.metrics) if several_stages else "",
        "hollow": bool((shown["role"] == "validation").any()),
    }
    return Section("headline", "What came out", content)


def gain_rows(results: StudyResults) -> pd.DataFrame:
    """Comparisons of the declared model with the reference on external cases, the study's tasks in order."""
    evaluation = results.settings["evaluation"]
    model, reference = evaluation.get("primary_model"), evaluation.get("reference")
    table = tidy_comparisons(results.comparisons)
    mine = table[(table["model_a"] == model) & (table["model_b"] == reference) & (table["role"] == "external")]
    mine = mine[mine["subset"].isin(WHOLE_GROUP)]
    last = mine[mine["family"] == FAMILY][["stage_a", "stage_b"]].drop_duplicates()
    mine = mine.merge(last, on=["stage_a", "stage_b"])
    ordered: pd.DataFrame = mine.sort_values(
        "task", key=lambda names: names.map(_place_in(list(results.tasks))), kind="stable"
    )
    return ordered


def gain_table(results: StudyResults, mine: pd.DataFrame, name: str = "gain") -> Table:
    """Differences of the declared model from the reference: a row per task, scenario and centre.

    Args:
        results: the study's tables.
        mine: rows of `gain_rows`.
        name: of the table on the page.
    """
    evaluation = results.settings["evaluation"]
    model, reference = evaluation["primary_model"], evaluation["reference"]
    in_turn = mine["scenario"].isin([LEAVE_ONE_CENTER_OUT]) | (mine["scenario"] == HELD_OUT + mine["center"])
    scenarios = len(set(mine["scenario"])) > 1 and not in_turn.all()
    metrics = [metric for metric in ("auc", "mcc") if metric in set(mine["metric"])]
    rows = []
    for (task, scenario, center), members in mine.groupby(["task", "scenario", "center"], sort=False):
        found = {row["metric"]: row for row in members.to_dict("records")}
        cells = [Cell(task_name(str(task)))] + [Cell(str(scenario))] * scenarios + [Cell(center_name(str(center)))]
        for metric in metrics:
            cells += _gain_cells(found.get(metric))
        rows.append(tuple(cells))
    columns = [Column("Task", choose=True)] + [Column("Scenario", choose=True)] * scenarios
    columns.append(Column("Centre", choose=True))
    for metric in metrics:
        columns += [Column(f"{metric_label(metric)}: difference", True), Column("p (Holm)", True)]
    caption = (
        f"{model} minus {reference} on unseen centres, with interval. Corrected p where the row is one of the study's "
        f"questions; the other rows say how it is centre by centre.{_dash_said(mine, 'difference')}"
    )
    return Table(name, caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)


def _dash_said(rows: pd.DataFrame, value: str) -> str:
    """Sentence on a dash in the place of an interval; "" where every value has one."""
    of_two = rows["note"].str.contains("no interval: two centres", regex=False) & rows[value].notna()
    return " Two centres do not tell how centres differ: a dash stands for the interval." if of_two.any() else ""


def _gain_cells(row: Row | None) -> list[Cell]:
    if row is None:
        return [Cell("–", kind="number"), Cell("", kind="number")]
    if pd.isna(row["difference"]):
        return [Cell(NOT_ESTIMABLE, reason_of(row["note"]), "muted"), Cell("", kind="number")]
    both = f"{number(row['value_a'])} against {number(row['value_b'])}; " if pd.notna(row["value_a"]) else ""
    text = estimate(row["difference"], row["ci_low"], row["ci_high"])
    return [
        numeric(text, both + of(row["n"], row["n_positive"])),
        numeric(probability(row["p_holm"]) if row["family"] == FAMILY else ""),
    ]


def shown_and_further(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that the forest shows at once, and those of other scenarios."""
    answering = answering_rows(rows)
    if answering.empty:
        return rows, rows.head(0)
    scenarios = set(answering["scenario"])
    shown = rows.index.isin(answering.index)
    if len(scenarios) == 1:
        shown |= ((rows["role"] == "validation") & rows["scenario"].isin(scenarios)).to_numpy()
    return rows[shown], rows[~shown]


def forests(rows: pd.DataFrame, kind: str = "mcc-forest") -> list[Figure]:
    """A forest plot per task, narrow enough for a phone."""
    figures = []
    for task, mine in rows.groupby("task", sort=False):
        name = f"{kind}-{str(task).replace('_', '-')}"
        figure = drawn(forest_plot(mine), name, FOREST.format(task_name(str(task))), mine)
        figures += [figure] if figure else []
    return figures


def headline(metrics: pd.DataFrame, order: list[str], role: str = "external") -> list[Table]:
    """Show MCC per task of every model and stage over a role's centres: a table per scenario.

    Args:
        metrics: rows of `evaluation/metrics.tsv`.
        order: of the models; it is set before there are results, so no row is above another for being higher.
        role: of the cases.
    """
    rows = _whole_group_mcc(metrics)
    rows = rows[rows["scenario"] != LEAVE_ONE_CENTER_OUT]
    tasks = list(dict.fromkeys(rows["task"]))
    scenarios = [t for t in dict.fromkeys(rows["scenario"]) if (rows.loc[rows["scenario"] == t, "role"] == role).any()]
    tables = []
    for scenario in scenarios:
        mine = rows[rows["scenario"] == scenario]
        outside = {(r["model"], r["stage"], r["task"]): r for r in _together(mine[mine["role"] == role])}
        inside = {(r["model"], r["stage"], r["task"]): r for r in _together(mine[mine["role"] == "validation"])}
        lines = _in_order(outside, order)
        several = len({stage for _, stage in lines}) > 1
        body = []
        for line in lines:
            cells = [Cell(model_name(*line, several))]
            for task in tasks:
                row, reference = outside.get((*line, task)), inside.get((*line, task))
                cells.append(_headline_cell(row, reference if role == "external" else None))
            body.append(tuple(cells))
        centers = ", ".join(c for c in dict.fromkeys(mine.loc[mine["role"] == role, "center"]) if c not in TOGETHER)
        where = (
            f"on {'external centres' if role == 'external' else 'validation cases'} ({centers})" if centers else role
        )
        caption = f"MCC {where}, with interval" + (f"; scenario {scenario}" if len(scenarios) > 1 else "")
        columns = (Column("Model"), *(Column(task_name(task), True) for task in tasks))
        tables.append(Table(f"headline-{scenario}", caption + ".", columns, tuple(body)))
    return tables


def held_out_headline(metrics: pd.DataFrame, order: list[str]) -> list[Table]:
    """MCC over held-out centres, each predicted by fits that never saw it: one table, or none without such a design."""
    rows = _whole_group_mcc(metrics)
    means = {
        (r["model"], r["stage"], r["task"]): r
        for r in rows[rows["scenario"] == LEAVE_ONE_CENTER_OUT].to_dict("records")
    }
    if not means:
        return []
    single = rows[(rows["role"] == "external") & (rows["scenario"] == HELD_OUT + rows["center"])]
    tasks = list(dict.fromkeys(key[2] for key in means))
    lines = _in_order(means, order)
    several = len({stage for _, stage in lines}) > 1
    body = []
    for line in lines:
        cells = [Cell(model_name(*line, several))]
        for task in tasks:
            cell = _headline_cell(means.get((*line, task)), None)
            values = single.loc[
                (single["model"] == line[0]) & (single["stage"] == line[1]) & (single["task"] == task), "value"
            ].dropna()
            spread = f"; centres {number(values.min())} to {number(values.max())}" if len(values) > 1 else ""
            cells.append(replace(cell, small=cell.small + spread))
        body.append(tuple(cells))
    caption = (
        f"Mean over held-out centres ({', '.join(dict.fromkeys(single['center']))}): MCC in each centre by fits that "
        "never saw it, then their random-effects mean with interval."
        f"{_dash_said(rows[rows['scenario'] == LEAVE_ONE_CENTER_OUT], 'value')}"
    )
    columns = (Column("Model"), *(Column(task_name(task), True) for task in tasks))
    return [Table("headline-held-out", caption, columns, tuple(body))]


def _headline_cell(row: Row | None, reference: Row | None) -> Cell:
    if row is None:
        return Cell("–", kind="number")
    inside = "" if reference is None or pd.isna(reference["value"]) else f"; validation {number(reference['value'])}"
    small = of(row["n"], row["n_positive"]) + inside
    if pd.isna(row["value"]):
        return Cell(NOT_ESTIMABLE, reason_of(row["note"]) or small, "muted")
    return numeric(estimate(row["value"], row["ci_low"], row["ci_high"]), small)


def mcc_rows(results: StudyResults) -> pd.DataFrame:
    """MCC of all cases of each group, the models in the order in which the page's figures have them."""
    order = _place_in(order_of(results))
    ordered: pd.DataFrame = _whole_group_mcc(results.metrics).sort_values(
        "model", key=lambda names: names.map(order), kind="stable"
    )
    return ordered


def _whole_group_mcc(metrics: pd.DataFrame) -> pd.DataFrame:
    table = tidy_metrics(metrics)
    return table[(table["metric"] == "mcc") & table["subset"].isin(WHOLE_GROUP)]


def _together(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    """Take the `pooled` rows; where there are none and one centre only, that centre's."""
    pooled = rows[rows["center"] == "pooled"]
    if pooled.empty and len(set(rows["center"])) == 1:
        pooled = rows
    return pooled.to_dict("records")


def _in_order(rows: Mapping[tuple[Any, ...], Row], order: list[str]) -> list[Line]:
    """Models and stages as the study names them; what it does not name comes last."""
    places = _place_in(order)
    lines: list[Line] = list(dict.fromkeys((key[0], key[1]) for key in rows))
    return sorted(lines, key=lambda line: places[line[0]])


def _place_in(order: list[str]) -> Mapping[str, int]:
    """Name → its place; what is not named comes last."""
    return defaultdict(lambda: len(order), {name: place for place, name in enumerate(order)})
