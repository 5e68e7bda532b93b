"""Figures of metrics without some of the modalities, and of the worth of each modality."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from gliomanet.reporting.format import modality_name, number, task_name
from gliomanet.reporting.study.shown_modalities import Line, Shown
from gliomanet.reporting.svg import INK, LINE, MUTED, PALETTE, SETTINGS, SHADE, bare, new_figure, to_svg

ROW, GAP, TOP, BOTTOM = 0.23, 0.09, 0.58, 0.06  # inches
LEAST_WIDTH = 8.6
"""The page stretches narrower figures, and their text with them."""


def subset_matrix(shown: Shown) -> str:
    """MCC of every model and task with every subset of modalities: a row per subset, dots for its modalities.

    Cells are shaded by their MCC from 0 to 1, orange below 0.

    Returns:
        SVG text, empty where there is no figure.

    """
    rows = shown.rows[shown.rows["metric"] == "mcc"]
    if rows.empty:
        return ""
    order = {name: place for place, name in enumerate(shown.modalities)}
    subsets = sorted(set(rows["subset"]), key=lambda s: (s.count("+"), [order[name] for name in s.split("+")]))
    found = {(r["subset"], r["model"], r["stage"], r["task"]): r["value"] for r in rows.to_dict("records")}
    columns = [
        (line, task) for line in shown.lines for task in shown.tasks if any(key[1:] == (*line, task) for key in found)
    ]
    names = {line: shown.name(line) for line in shown.lines}
    step, left = 0.44, 0.25
    block = left + step * len(order) + 0.15
    wide = _column_width(columns, names, LEAST_WIDTH - block)
    gap = 0.12
    width = max(LEAST_WIDTH, block + wide * len(columns) + gap * len(names))
    breaks = sum(a.count("+") != b.count("+") for a, b in pairwise(subsets))
    height = TOP + ROW * len(subsets) + GAP * breaks + BOTTOM
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, height)
        axes = bare(figure.add_axes((0, 0, 1, 1)))
        axes.set(xlim=(0, width), ylim=(height, 0))
        for name, place in order.items():
            axes.text(left + step * place, 0.46, modality_name(name), ha="center", va="center", fontsize=8)
        starts = _starts(axes, columns, names, block, wide, gap)
        y = TOP
        for number_of_row, subset in enumerate(subsets):
            if number_of_row and subset.count("+") != subsets[number_of_row - 1].count("+"):
                axes.plot([0.06, width - 0.06], [y + GAP / 2] * 2, color=LINE, lw=0.6)
                y += GAP
            _draw_dots(axes, subset.split("+"), order, (left, y + ROW / 2, step))
            for (line, task), x in zip(columns, starts, strict=True):
                if (subset, *line, task) in found:
                    _draw_cell(axes, found[subset, *line, task], (x, y, wide))
            y += ROW
        return to_svg(figure)


def _column_width(columns: list[tuple[Line, str]], names: dict[Line, str], room: float) -> float:
    """Wide enough for the model's name over its columns, and no wider than the figure needs to be."""
    tasks = {line: sum(other == line for other, _ in columns) for line in names}
    needed = max(0.076 * len(name) / tasks[line] for line, name in names.items())
    return max(0.5, needed, min(0.85, room / len(columns) - 0.12))


def _starts(
    axes: Axes, columns: list[tuple[Line, str]], names: dict[Line, str], left: float, wide: float, gap: float
) -> list[float]:
    """Write the heads of the columns; where each column begins."""
    starts: list[float] = []
    x, last = left, None
    for line, task in columns:
        if line != last:
            x += gap if last else 0
            axes.text(x + 0.02, 0.17, names[line], weight="bold", va="center", fontsize=8.5)
        axes.text(x + wide / 2, 0.46, task_name(task), ha="center", va="center", fontsize=8, color=MUTED)
        starts.append(x)
        x, last = x + wide, line
    return starts


def _draw_dots(axes: Axes, subset: list[str], order: dict[str, int], place: tuple[float, float, float]) -> None:
    left, y, step = place
    inside = [left + step * order[name] for name in subset]
    axes.plot([inside[0], inside[-1]], [y, y], color=INK, lw=1.2)
    for name, index in order.items():
        face = INK if name in subset else SHADE
        axes.plot(left + step * index, y, "o", ms=6, mfc=face, mec=INK if name in subset else LINE, mew=0.8)


def _draw_cell(axes: Axes, value: float, place: tuple[float, float, float]) -> None:
    left, top, wide = place
    if pd.isna(value):
        axes.text(left + wide / 2, top + ROW / 2, "n/e", ha="center", va="center", fontsize=7, color=MUTED)
        return
    axes.fill_between(
        [left + 0.01, left + wide - 0.01],
        top + 0.01,
        top + ROW - 0.01,
        facecolor=PALETTE[0] if value >= 0 else PALETTE[1],
        alpha=round(0.03 + 0.55 * min(abs(value), 1), 3),
        linewidth=0,
    )
    axes.text(left + wide / 2, top + ROW / 2, number(value), ha="center", va="center", fontsize=8.5)


def worth_bars(shown: Shown) -> str:
    """Shapley values of the MCC with intervals: a panel a task, a band a model, a bar a modality.

    Returns:
        SVG text, empty where none is estimable.

    """
    rows = shown.rows[(shown.rows["metric"] == "mcc") & shown.rows["shapley"].notna()]
    if rows.empty:
        return ""
    tasks, lines = list(dict.fromkeys(rows["task"])), [line for line in shown.lines if line in _lines(rows)]
    found = {(r["model"], r["stage"], r["task"], r["modality"]): r for r in rows.to_dict("records")}
    bars = {line: [c for c in shown.modalities if any((*line, t, c) in found for t in tasks)] for line in lines}
    row, head, gap, top, bottom = 0.19, 0.28, 0.2, 0.3, 0.42
    left = 0.2 + 0.066 * max(len(shown.name(line)) for line in lines)
    panel = max(2.0, (LEAST_WIDTH - left) / len(tasks) - gap)
    width = left + len(tasks) * (panel + gap)
    height = sum(head + row * len(bars[line]) for line in lines)
    total = top + height + bottom
    bounds = rows[["shapley", "ci_low", "ci_high"]]
    low, high = min(-0.05, 1.05 * float(bounds.min().min())), max(0.2, 1.05 * float(bounds.max().max()))
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, total)
        words = bare(figure.add_axes((0, bottom / total, 1, height / total)))
        words.set(xlim=(0, width), ylim=(height, 0))
        for index, task in enumerate(tasks):
            at = ((left + index * (panel + gap)) / width, bottom / total, panel / width, height / total)
            axes = figure.add_axes(at)
            axes.patch.set_alpha(0)
            axes.set(xlim=(low, high), ylim=(height, 0), yticks=[])
            axes.set_title(task_name(task), fontsize=9, weight="bold", loc="left")
            axes.set_xlabel("Share of the MCC", fontsize=7.5)
            axes.tick_params(length=2, labelsize=7)
            for side in ("left", "right", "top"):
                axes.spines[side].set_visible(False)
            axes.axvline(0, color=MUTED, lw=0.8, zorder=-1)
            y = 0.0
            for band, line in enumerate(lines):
                depth = head + row * len(bars[line])
                if index == 0:
                    if band % 2 == 0:
                        words.axhspan(y, y + depth, color=SHADE, lw=0, zorder=-2)
                    words.text(0.06, y + 0.15, shown.name(line), weight="bold", va="center", fontsize=8)
                for place, modality in enumerate(bars[line]):
                    middle = y + head + row * (place + 0.4)
                    if index == 0:
                        words.text(0.18, middle, modality_name(modality), va="center", fontsize=7.5)
                    if (*line, task, modality) in found:
                        _draw_bar(axes, found[*line, task, modality], middle)
                y += depth
        return to_svg(figure)


def _lines(rows: pd.DataFrame) -> set[Line]:
    return set(zip(rows["model"], rows["stage"], strict=True))


def _draw_bar(axes: Axes, row: Mapping[Any, Any], y: float) -> None:
    axes.barh(y, row["shapley"], height=0.12, color=PALETTE[0], alpha=0.55, linewidth=0)
    if pd.notna(row["ci_low"]):
        axes.plot([row["ci_low"], row["ci_high"]], [y, y], color=INK, lw=1.1, solid_capstyle="butt")
