"""Confusion matrices: a row of panels per model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from gliomanet.reporting.format import (
    stage_name,
    task_name,
)
from gliomanet.reporting.study.tidy import tidy_confusion
from gliomanet.reporting.svg import (
    LINE,
    MUTED,
    PALETTE,
    SETTINGS,
    SHADE,
    bare,
    new_figure,
    to_svg,
)


def confusion_grid(confusion: pd.DataFrame) -> str:
    """Confusion matrices as small multiples: a row per model, stage and scenario; a column per role and task.

    Shading is the share of a truth class; counts are cases, all centres of the role together.

    Returns:
        SVG text, empty where there is no matrix.

    """
    table = _all_centers(tidy_confusion(confusion))
    if table.empty:
        return ""
    roles = [role for role in ("external", "validation") if (table["role"] == role).any()]
    columns = [(role, task) for role in roles for task in dict.fromkeys(table.loc[table["role"] == role, "task"])]
    lines = list(dict.fromkeys(zip(table["model"], table["stage"], table["scenario"], strict=True)))
    classes = {task: list(dict.fromkeys(table.loc[table["task"] == task, "truth"])) for task in table["task"].unique()}
    counts = {tuple(r[:-1]): float(r[-1]) for r in table.to_numpy().tolist()}
    several = (len({s for _, s, _ in lines}) > 1, len({t for _, _, t in lines}) > 1)
    cell, gap = 0.36, 0.2
    labels = {task: 0.064 * max(map(len, names)) + 0.1 for task, names in classes.items()}
    widths = [labels[task] + cell * len(classes[task]) + gap for _, task in columns]
    deep = max(len(names) for names in classes.values()) * cell
    left, top, space = 1.15, 0.62, 0.30
    width, height = left + sum(widths), top + len(lines) * (deep + space) + 0.02
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, height)
        axes = bare(figure.add_axes((0, 0, 1, 1)))
        axes.set(xlim=(0, width), ylim=(height, 0))
        for row, (model, stage, scenario) in enumerate(lines):
            y = top + row * (deep + space)
            if row % 2 == 0:
                axes.axhspan(y - space / 2 - 0.06, y + deep + space / 2 - 0.06, color=SHADE, lw=0, zorder=-2)
            axes.text(0.06, y + deep / 2 - 0.08, model, weight="bold", va="center", fontsize=9)
            detail = [stage_name(stage)] * several[0] + [scenario] * several[1]
            axes.text(0.06, y + deep / 2 + 0.08, " · ".join(detail), va="center", fontsize=8, color=MUTED)
            x = left
            for (role, task), wide in zip(columns, widths, strict=True):
                if row == 0:
                    axes.text(x + labels[task], 0.17, role.capitalize(), fontsize=8, color=MUTED, va="center")
                    axes.text(x + labels[task], 0.34, task_name(task), fontsize=9.5, weight="bold", va="center")
                key = (model, stage, scenario, role, task)
                _draw_matrix(axes, counts, key, classes[task], (x + labels[task], y, cell))
                x += wide
        return to_svg(figure)


def _all_centers(table: pd.DataFrame) -> pd.DataFrame:
    """Take the `pooled` counts of a role where they exist, else the centres' sum."""
    keys = ["model", "stage", "scenario", "role", "task", "truth", "predicted"]
    pooled = table[table["center"] == "pooled"]
    chosen = pooled if len(pooled) else table
    return chosen.groupby(keys, sort=False)["n"].sum().reset_index()


def _draw_matrix(
    axes: Axes,
    counts: Mapping[tuple[Any, ...], float],
    key: tuple[str, ...],
    classes: list[str],
    place: tuple[float, float, float],
) -> None:
    left, top, cell = place
    if not any((*key, truth, other) in counts for truth in classes for other in classes):
        return
    for i, truth in enumerate(classes):
        row = [counts.get((*key, truth, predicted), 0.0) for predicted in classes]
        axes.text(left - 0.05, top + (i + 0.5) * cell, truth, ha="right", va="center", fontsize=7.5, color=MUTED)
        for j, n in enumerate(row):
            share = n / sum(row) if sum(row) else 0.0
            alpha = round(0.04 + 0.5 * share, 3)
            corner = (left + j * cell, top + i * cell)
            axes.add_patch(Rectangle(corner, cell, cell, facecolor=PALETTE[0], alpha=alpha, linewidth=0))
            axes.text(
                left + (j + 0.5) * cell, top + (i + 0.5) * cell, f"{n:.0f}", ha="center", va="center", fontsize=8.5
            )
            if i == 0:
                axes.plot([left + j * cell + 0.015, left + (j + 1) * cell - 0.015], [top, top], color=LINE, lw=0.5)
    side = cell * len(classes)
    axes.plot([left, left + side, left + side, left, left], [top, top, top + side, top + side, top], color=LINE, lw=0.7)
