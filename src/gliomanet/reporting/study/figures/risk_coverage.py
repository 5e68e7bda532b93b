"""Risk–coverage curves: errors among the cases that a model answers, a panel per external centre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gliomanet.reporting.format import number
from gliomanet.reporting.study.figures.curves import Styles
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.svg import LINE, MARKERS, MUTED, SETTINGS, new_figure, to_svg

NUMBERS = ("answered", "error", "n_answered", "n")
TEXT = ("model", "stage", "scenario", "role", "center", "task", "order")
_COLUMNS = 3


def risk_coverage_plot(risk: pd.DataFrame | None, task: str, styles: Styles) -> str:
    """Error over the share that is answered, the surest cases first; a mark where the prediction sets hold one class.

    Args:
        risk: rows of `evaluation/risk_coverage.tsv`, of the stages that are to be drawn.
        task: the task.
        styles: model → its line, the same as in the page's other figures.

    Returns:
        SVG text, empty where no external centre has a known label of the task.
    """
    table = tidy(risk, text=TEXT, numbers=NUMBERS)
    table = table[(table["role"] == "external") & (table["task"] == task) & (table["center"] != "pooled")]
    table = table[table["order"].isin(["uncertainty", "single_set"])]
    if table.empty:
        return ""
    models = [name for name in styles if name in set(table["model"])]
    places = list(dict.fromkeys(zip(table["scenario"], table["center"], strict=True)))
    several = len({scenario for scenario, _ in places}) > 1
    top = max(0.1, float(table["error"].max()) * 1.08)
    columns, lines = _COLUMNS, -(-len(places) // _COLUMNS)  # so that all tasks' panels are of one size
    side, left, above, below, gap = 2.0, 0.5, 0.32, 0.42, 0.24
    legend = 0.2 * -(-len(models) // 3) + 0.1
    width, height = left + columns * (side + gap), lines * (side * 0.8 + above + below) + legend
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, height)
        for index, (scenario, center) in enumerate(places):
            x = left + (index % columns) * (side + gap)
            y = height - (index // columns + 1) * (side * 0.8 + above + below) + below
            axes = figure.add_axes((x / width, y / height, side / width, side * 0.8 / height))
            mine = table[(table["scenario"] == scenario) & (table["center"] == center)]
            _prepare(axes, f"{center} ({scenario})" if several else center, mine["n"].max(), top, index % columns == 0)
            for place, model in enumerate(models):
                _draw(axes, mine[mine["model"] == model], place, styles[model])
        handles = [_line(model, place, styles[model]) for place, model in enumerate(models)]
        figure.legend(handles=handles, loc="lower left", ncols=3, frameon=False, fontsize=7.5, bbox_to_anchor=(0, 0))
        return to_svg(figure)


def _prepare(axes: Axes, title: str, n: float, top: float, first: bool) -> None:
    axes.patch.set_alpha(0)
    axes.set(xlim=(0, 1.03), ylim=(0, top))
    axes.set_title(f"{title}, n {n:.0f}", fontsize=8.5, weight="bold", loc="left")
    axes.set_xticks([0, 0.5, 1], ["0", number(0.5, 1), "1"], fontsize=7)
    axes.set_xlabel("share answered", fontsize=7.5)
    if first:
        axes.set_ylabel("share of these wrong", fontsize=7.5)
    axes.locator_params(axis="y", nbins=6, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_formatter(lambda value, _: number(value, 2) if value else "0")
    axes.tick_params(length=2, labelsize=7)
    axes.grid(color=LINE, lw=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)


def _draw(axes: Axes, rows: pd.DataFrame, place: int, style: Mapping[str, Any]) -> None:
    """The curve of one model and the mark of its prediction sets."""
    curve = rows[rows["order"] == "uncertainty"].sort_values("answered")
    axes.plot(curve["answered"], curve["error"], lw=1.2, **style)
    single = rows[(rows["order"] == "single_set") & rows["error"].notna()]
    marker = MARKERS[place % len(MARKERS)]
    axes.plot(single["answered"], single["error"], marker, ms=5, mfc="none", mec=style["color"], mew=1.2)


def _line(model: str, place: int, style: Mapping[str, Any]) -> Line2D:
    """A model's entry in the legend."""
    marker = MARKERS[place % len(MARKERS)]
    return Line2D([], [], **style, lw=1.2, marker=marker, ms=5, mfc="none", mew=1.2, label=model)
