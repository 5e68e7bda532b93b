"""Curves that the page shows: of the declared model and the reference, on the centres that answer the question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from gliomanet.reporting.format import TOGETHER, center_name, listing, task_name
from gliomanet.reporting.study.answers import answering_rows, order_of
from gliomanet.reporting.study.figure import Figure, drawn
from gliomanet.reporting.study.figures.curves import Styles
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.svg import styles_of

TEXT = ("model", "stage", "scenario", "role", "center", "task", "class")
Draw = Callable[[str, pd.DataFrame, Styles], str]

MOST_CENTERS = 8
"""Of more centres the page shows one curve of all cases together: a curve each is more than anybody looks at."""


@dataclass(frozen=True)
class Group:
    """Panels of one task: a panel per centre and class.

    Attributes:
        task: as the page writes it.
        where: kind of cases.
        panels: the figures.
        silent: sentence on those that would show nothing; "" where there is none.
    """

    task: str
    where: str
    panels: Sequence[Figure]
    silent: str


def shown_rows(results: StudyResults, curves: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of a table of curves that the page shows; the table itself holds every model, scenario and centre.

    Models: the declared one and the reference where both are declared, else all. Cases: external ones, held-out centres
    one by one, or together where they are more than `MOST_CENTERS`; else validation cases together.
    """
    table = tidy(curves, text=TEXT)
    evaluation = results.settings["evaluation"]
    declared = [evaluation.get("primary_model"), evaluation.get("reference")]
    if all(declared):
        table = table[table["model"].isin(declared)]
    external = answering_rows(table)
    if external.empty:
        return table[(table["role"] == "validation") & (table["center"] == "pooled")]
    single = external[~external["center"].isin(TOGETHER)]
    few = single["center"].nunique() <= MOST_CENTERS or len(single) == len(external)
    return single if len(single) and few else external[external["center"].isin(TOGETHER)]


def curve_panels(results: StudyResults, curves: pd.DataFrame | None, name: str, words: str, draw: Draw) -> list[Group]:
    """Panels of a kind of curve, by task.

    Args:
        results: the study's tables.
        curves: rows of the kind's table; None: it was not made.
        name: first part of the figures' names.
        words: what the curve is, for readers who cannot see it.
        draw: title, rows and styles → SVG text.
    """
    rows = shown_rows(results, curves)
    styles = styles_of(order_of(results))
    groups = []
    for task, of_task in rows.groupby("task", sort=False):
        panels, silent = [], []
        several = len(set(of_task["class"])) > 1
        for (center, kind), mine in of_task.groupby(["center", "class"], sort=False):
            # Summed: calibration curves have the numbers of each bin, the others those of all cases in every row.
            if not 0 < mine["n_positive"].sum() < mine["n"].sum():
                silent.append(center_name(str(center)) + (f" ({kind})" if several else ""))
                continue
            title = center_name(str(center)) + (f", {task_name(str(task))} {kind}" if several else "")
            n = f" (n {mine['n'].iloc[0]:.0f})" if name == "decision" else ""
            key = "-".join((name, str(task), str(center), str(kind))).replace("_", "-").replace(".", "-")
            label = f"{words} of {task_name(str(task))}, class {kind}, {center_name(str(center))}: a line per model."
            figure = drawn(draw(title + n, mine, styles), _identifier(key), label, mine)
            panels += [figure] if figure else []
        where = "external centres, one by one" if (of_task["role"] == "external").any() else "validation cases"
        if set(of_task["center"]) <= set(TOGETHER) and (of_task["role"] == "external").any():
            where = "the cases of all external centres together"
        sentence = f"No curve of {listing(silent)}: all cases there are of one class." if silent else ""
        groups.append(Group(task_name(str(task)), where, panels, sentence))
    return groups


def _identifier(text: str) -> str:
    """Letters, digits and hyphens: a class may be called anything."""
    return "".join(sign if sign.isalnum() or sign == "-" else f"-{ord(sign):x}-" for sign in text)
