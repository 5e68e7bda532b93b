"""Forest plot: each model's metric and its interval, a panel per task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from gliomanet.config.split import MAIN
from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT
from gliomanet.reporting.format import (
    TOGETHER,
    WHOLE_GROUP,
    center_name,
    listing,
    model_name,
    number,
    of,
    stage_name,
    task_name,
)
from gliomanet.reporting.study.tidy import tidy_metrics
from gliomanet.reporting.svg import (
    CIRCLE,
    HEADER,
    LINE,
    MUTED,
    ROUND_MARKERS,
    ROW,
    SETTINGS,
    SHADE,
    bare,
    colors_of,
    new_figure,
    to_svg,
)
from gliomanet.stages import round_of, stage_order
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.notes import NOT_ESTIMABLE


def forest_plot(metrics: pd.DataFrame) -> str:
    """MCC with interval: a panel per task, a band per group of cases, a line per model and stage.

    The first band of a scenario is its validation cases (hollow marks), then its external centres together, then each.

    Args:
        metrics: rows of `evaluation/metrics.tsv`.

    Returns:
        SVG text, empty where there is no MCC.

    """
    table = tidy_metrics(metrics)
    table = table[(table["metric"] == "mcc") & table["subset"].isin(WHOLE_GROUP)]
    if table.empty:
        return ""
    tasks = list(dict.fromkeys(table["task"]))
    lines = list(dict.fromkeys(zip(table["model"], table["stage"], strict=True)))
    several_stages = len({stage for _, stage in lines}) > 1
    several_scenarios = set(table["scenario"]) != {MAIN}
    colors = colors_of(list(dict.fromkeys(table["model"])))
    found = {
        (r["scenario"], r["role"], r["center"], r["model"], r["stage"], r["task"]): r for r in table.to_dict("records")
    }
    bands = _bands(table)
    rows_of = {band: [line for line in lines if any((*band, *line, task) in found for task in tasks)] for band in bands}
    height = sum(HEADER + ROW * len(rows) for rows in rows_of.values())
    left, panel, gap, top, bottom = _name_width(rows_of, several_stages, several_scenarios), 2.35, 0.15, 0.34, 0.45
    width, total = left + len(tasks) * (panel + gap), height + top + bottom
    low = min(-0.2, float(table[["value", "ci_low"]].min().min()) - 0.05)
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, total)
        span = (bottom / total, height / total)
        names = bare(figure.add_axes((0, span[0], 1, span[1])))
        names.set(xlim=(0, width), ylim=(height, 0))
        panels = [
            figure.add_axes(((left + i * (panel + gap)) / width, span[0], panel / width, span[1]))
            for i in range(len(tasks))
        ]
        for axes, task in zip(panels, tasks, strict=True):
            _prepare_panel(axes, task_name(task), low, height)
        y = 0.0
        for index, band in enumerate(bands):
            depth = HEADER + ROW * len(rows_of[band])
            if index % 2 == 0:
                names.axhspan(y, y + depth, color=SHADE, lw=0, zorder=-2)
            names.text(0.06, y + 0.17, _band_name(band, several_scenarios), weight="bold", va="center", fontsize=8.5)
            for axes, task in zip(panels, tasks, strict=True):
                members = [found[key] for line in rows_of[band] if (key := (*band, *line, task)) in found]
                if members:
                    first = members[0]
                    text = of(first["n"], first["n_positive"])
                    axes.text(1.03, y + 0.17, text, ha="right", va="center", fontsize=8, color=MUTED)
            for row, (model, stage) in enumerate(rows_of[band]):
                at = y + HEADER + ROW * (row + 0.35)
                names.text(0.18, at, model_name(model, stage, several_stages), va="center", fontsize=8.5)
                for axes, task in zip(panels, tasks, strict=True):
                    if (key := (*band, model, stage, task)) in found:
                        _draw_estimate(axes, found[key], at, colors[model])
            y += depth
        return to_svg(figure)


Band = tuple[str, str, str]


def _name_width(rows_of: Mapping[Band, list[tuple[str, str]]], several_stages: bool, several_scenarios: bool) -> float:
    """Inches that the longest name takes, of a model or, in bold, of a band."""
    names = [model_name(*line, several_stages) for rows in rows_of.values() for line in rows]
    bands = [_band_name(band, several_scenarios) for band in rows_of]
    return max(1.1, 0.3 + 0.072 * max(map(len, names)), 0.15 + 0.082 * max(map(len, bands)))


def marks_sentence(metrics: pd.DataFrame) -> str:
    """Say the stages that each mark of `forest_plot` stands for: `Circle: supervised; diamond: pseudo-label.`."""
    table = tidy_metrics(metrics)
    stages: dict[str, list[str]] = {}
    for stage in sorted(set(table.loc[table["metric"] == "mcc", "stage"]), key=stage_order):
        stages.setdefault(_mark_of(stage)[1], []).append(stage_name(stage))
    text = "; ".join(f"{shape}: {listing(names)}" for shape, names in stages.items())
    return f"{text[:1].upper()}{text[1:]}."


def _mark_of(stage: str) -> tuple[str, str]:
    number_of_round = round_of(stage)
    return ROUND_MARKERS[(number_of_round - 1) % len(ROUND_MARKERS)] if number_of_round else CIRCLE


def _bands(table: pd.DataFrame) -> list[Band]:
    """(scenario, role, center) of every group of cases, in the order they are drawn."""
    bands = []
    for scenario in dict.fromkeys(table["scenario"]):
        mine = table[table["scenario"] == scenario]
        for role in ("validation", "external"):
            centers = list(dict.fromkeys(mine.loc[mine["role"] == role, "center"]))
            single = [center for center in centers if center not in TOGETHER]
            summary = ["summary"] if "summary" in centers else []
            pooled = ["pooled"] if "pooled" in centers and (len(single) != 1 or role == "validation") else []
            # Validation cases are shown together: they are there as the yardstick of the external ones.
            bands += [
                (scenario, role, center)
                for center in pooled + ([] if role == "validation" and pooled else single + summary)
            ]
    return bands


def _band_name(band: Band, several_scenarios: bool) -> str:
    scenario, role, center = band
    if scenario == HELD_OUT + center:
        return f"{center}, held out"
    if scenario == LEAVE_ONE_CENTER_OUT:
        return f"Held-out centres, {center_name(center)}"
    name = f"{role.capitalize()}, {center_name(center)}"
    return f"{name} ({scenario})" if several_scenarios else name


def _prepare_panel(axes: Axes, title: str, low: float, height: float) -> None:
    axes.patch.set_alpha(0)
    axes.set(xlim=(low, 1.05), ylim=(height, 0), yticks=[])
    axes.set_title(title, fontsize=10, weight="bold", loc="left")
    axes.set_xlabel("MCC", fontsize=8.5)
    ticks = [tick for tick in (-1, -0.5, 0, 0.5, 1) if tick >= low]
    axes.set_xticks(ticks, [number(tick, 1) if tick else "0" for tick in ticks], fontsize=8)
    axes.tick_params(length=2)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    for tick in ticks:
        axes.axvline(tick, color=MUTED if tick == 0 else LINE, lw=0.8 if tick == 0 else 0.5, zorder=-1)


def _draw_estimate(axes: Axes, row: Mapping[Any, Any], y: float, color: str) -> None:
    if pd.isna(row["value"]):
        axes.text(0.03, y, NOT_ESTIMABLE, va="center", fontsize=8, style="italic", color=MUTED)
        return
    if pd.notna(row["ci_low"]) and pd.notna(row["ci_high"]):
        axes.plot([row["ci_low"], row["ci_high"]], [y, y], color=color, lw=1.4, solid_capstyle="butt")
    hollow = row["role"] == "validation"
    marker, _ = _mark_of(row["stage"])
    face = "none" if hollow else color
    axes.plot(row["value"], y, marker, ms=3.8, mfc=face, mec=color, mew=1.1)
