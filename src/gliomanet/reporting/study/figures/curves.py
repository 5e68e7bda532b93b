"""Curves of one centre and class: calibration, decision, ROC, precision and recall, a line per model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from gliomanet.reporting.format import number
from gliomanet.reporting.svg import INK, LINE, MUTED, SETTINGS, new_figure, to_svg

WIDTH = 3.1
"""Inches: a panel is read at this size beside others, and alone on a phone."""

MOST_WITH_INTERVALS = 2
"""Models whose points get intervals: more would cover each other."""

Styles = Mapping[str, Mapping[str, Any]]
"""Model → colour and dash of its line."""


def calibration_panel(title: str, rows: pd.DataFrame, styles: Styles) -> str:
    """Observed share against predicted probability in bins; the diagonal is right.

    Args:
        title: of the panel.
        rows: of `evaluation/calibration_curves.tsv`, of one centre, task and class.
        styles: model → its line.

    Returns:
        SVG text, empty where there is no point.
    """

    def draw(axes: Axes, models: Sequence[str]) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, lw=0.8)
        for model in models:
            mine = rows[rows["model"] == model]
            style = styles[model]
            axes.plot(mine["probability"], mine["observed"], marker="o", ms=3.2, lw=1.3, label=model, **style)
            if len(models) <= MOST_WITH_INTERVALS:
                axes.vlines(mine["probability"], mine["ci_low"], mine["ci_high"], color=style["color"], lw=0.8)
        _unit_square(axes)

    return _panel(title, rows, ("Predicted probability", "Observed share"), draw)


def decision_panel(title: str, rows: pd.DataFrame, styles: Styles) -> str:
    """Net benefit over thresholds, beside calling every case and calling none.

    Args:
        title: of the panel.
        rows: of `evaluation/decision_curves.tsv`, of one centre, task and class.
        styles: model → its line.

    Returns:
        SVG text, empty where there is no point.
    """

    def draw(axes: Axes, models: Sequence[str]) -> None:
        first = rows[rows["model"] == models[0]]
        axes.plot(first["threshold"], first["treat_all"], color=MUTED, lw=0.9, label="call all")
        axes.axhline(0, color=INK, lw=0.9, label="call none")
        for model in models:
            mine = rows[rows["model"] == model]
            axes.plot(mine["threshold"], mine["net_benefit"], lw=1.4, label=model, **styles[model])
        top = float(rows[["net_benefit", "treat_all"]].max().max())
        axes.set(xlim=(0, 1), ylim=(-0.35 * max(top, 0.02), 1.12 * max(top, 0.02)))
        _number_ticks(axes, "x")
        digits = 2 if top >= 0.1 else 3
        axes.yaxis.set_major_formatter(lambda value, _: number(value, digits) if value else "0")

    return _panel(title, rows, ("Threshold", "Net benefit"), draw)


def roc_panel(title: str, rows: pd.DataFrame, styles: Styles) -> str:
    """Sensitivity against 1 − specificity; the diagonal is chance. Rows of `evaluation/roc_curves.tsv`."""

    def draw(axes: Axes, models: Sequence[str]) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, lw=0.8)
        for model in models:
            mine = rows[rows["model"] == model]
            axes.plot(1 - mine["specificity"], mine["sensitivity"], lw=1.4, label=model, **styles[model])
        _unit_square(axes)

    return _panel(title, rows, ("1 − specificity", "Sensitivity"), draw)


def precision_panel(title: str, rows: pd.DataFrame, styles: Styles) -> str:
    """Precision against recall; the line is the share of the class. Rows of `evaluation/roc_curves.tsv`."""
    share = rows["n_positive"].iloc[0] / rows["n"].iloc[0] if len(rows) and rows["n"].iloc[0] else float("nan")

    def draw(axes: Axes, models: Sequence[str]) -> None:
        axes.axhline(share, color=MUTED, lw=0.8)
        for model in models:
            mine = rows[(rows["model"] == model) & rows["ppv"].notna()]
            axes.plot(mine["sensitivity"], mine["ppv"], lw=1.4, label=model, **styles[model])
        _unit_square(axes)

    return _panel(title, rows, ("Sensitivity (recall)", "PPV (precision)"), draw)


def _panel(title: str, rows: pd.DataFrame, words: tuple[str, str], draw: Callable[[Axes, Sequence[str]], None]) -> str:
    models = list(dict.fromkeys(rows["model"]))
    if not models:
        return ""
    # One entry a row: names of models are long, and the panel is narrow.
    entries = len(models) + (2 if "net_benefit" in rows else 0)
    legend = 0.17 * ((entries + 1) // 2) + 0.1
    height = WIDTH + 0.1 + legend
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(WIDTH, height)
        side = WIDTH - 0.85
        axes = figure.add_axes((0.7 / WIDTH, (0.55 + legend) / height, side / WIDTH, side / height))
        axes.patch.set_alpha(0)
        axes.set_title(title, fontsize=9, weight="bold", loc="left", x=-0.27, color=INK)
        draw(axes, models)
        axes.set_xlabel(words[0], fontsize=8.5)
        axes.set_ylabel(words[1], fontsize=8.5)
        axes.tick_params(length=2, labelsize=8)
        axes.grid(color=LINE, lw=0.5)
        axes.set_axisbelow(True)
        for place in ("right", "top"):
            axes.spines[place].set_visible(False)
        figure.legend(
            loc="lower left", bbox_to_anchor=(0.02, 0.0), ncols=2, frameon=False, fontsize=8, handlelength=2.6
        )
        return to_svg(figure)


def _unit_square(axes: Axes) -> None:
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    _number_ticks(axes, "x")
    _number_ticks(axes, "y")


def _number_ticks(axes: Axes, which: str) -> None:
    ticks = (0, 0.25, 0.5, 0.75, 1)
    texts = ["0", *(number(tick) for tick in ticks[1:-1]), "1"]
    if which == "x":
        axes.set_xticks(ticks, texts)
    else:
        axes.set_yticks(ticks, texts)
