"""Dots of the permutation test: MCC with the true labels among those of the draws, a panel per task."""

from __future__ import annotations

import pandas as pd
from matplotlib import rc_context

from gliomanet.reporting.format import center_name, model_name, number, task_name
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.svg import HEADER, INK, LINE, MUTED, ROW, SETTINGS, SHADE, bare, new_figure, to_svg
from gliomanet.tables.permutation import FIGURE

_LEFT, _PANEL, _GAP, _TOP, _BOTTOM = 2.0, 2.35, 0.15, 0.3, 0.45  # inches


def null_distribution(tested: pd.DataFrame, draws: pd.DataFrame) -> str:
    """MCC of external cases, else of validation cases: a band per scenario and centre, a line per model and stage.

    Args:
        tested: rows of `PERMUTATION`, tidied.
        draws: rows of `PERMUTATION_DRAWS`.

    Returns:
        SVG text, empty where there is no MCC.
    """
    table = tested[(tested["metric"] == "mcc") & (tested["draws"] > 0)]
    if (table["role"] == "external").any():
        table = table[table["role"] == "external"]
    if table.empty:
        return ""
    null = tidy(draws, FIGURE, ("value",)).groupby(FIGURE)["value"].apply(list)
    tasks = list(dict.fromkeys(table["task"]))
    bands = dict(iter(table.groupby(["scenario", "center"], sort=False)))
    several = {key: len(set(table[key])) > 1 for key in ("stage", "scenario")}
    lines = {band: list(dict.fromkeys(zip(r["model"], r["stage"], strict=True))) for band, r in bands.items()}
    height = sum(HEADER + ROW * len(each) for each in lines.values())
    width, total = _LEFT + len(tasks) * (_PANEL + _GAP), height + _TOP + _BOTTOM
    low = min(-0.2, float(table[["value", "null_low"]].min().min()) - 0.05)
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, total)
        names = bare(figure.add_axes((0, _BOTTOM / total, 1, height / total)))
        names.set(xlim=(0, width), ylim=(height, 0))
        panels = {}
        for place, task in enumerate(tasks):
            left = (_LEFT + place * (_PANEL + _GAP)) / width
            axes = figure.add_axes((left, _BOTTOM / total, _PANEL / width, height / total))
            axes.patch.set_alpha(0)
            axes.set(xlim=(low, 1.05), ylim=(height, 0), yticks=[])
            axes.set_title(task_name(task), fontsize=9, weight="bold", loc="left")
            axes.set_xlabel("MCC", fontsize=7.5)
            ticks = [tick for tick in (-1, -0.5, 0, 0.5, 1) if tick >= low]
            axes.set_xticks(ticks, [number(tick, 1) if tick else "0" for tick in ticks], fontsize=7)
            axes.tick_params(length=2)
            axes.spines[["left", "right", "top"]].set_visible(False)
            for tick in ticks:
                axes.axvline(tick, color=LINE if tick else MUTED, lw=0.5 if tick else 0.8, zorder=-1)
            panels[task] = axes
        y = 0.0
        for number_of_band, (band, rows) in enumerate(bands.items()):
            depth = HEADER + ROW * len(lines[band])
            if number_of_band % 2 == 0:
                names.axhspan(y, y + depth, color=SHADE, lw=0, zorder=-2)
            scenario, center = map(str, band)
            title = center_name(center).capitalize() if center == "pooled" else center
            title += f"  ({scenario})" if several["scenario"] else ""
            names.text(0.06, y + 0.17, title, weight="bold", va="center", fontsize=8)
            heights = {line: y + HEADER + ROW * (place + 0.35) for place, line in enumerate(lines[band])}
            for (model, stage), at in heights.items():
                names.text(0.18, at, model_name(model, stage, several["stage"]), va="center", fontsize=7.5)
            for row in rows.to_dict("records"):
                at = heights[(row["model"], row["stage"])]
                values = null.get(tuple(row[key] for key in FIGURE), [])
                panels[row["task"]].plot(values, [at] * len(values), "o", ms=4, mfc="none", mec=MUTED, mew=0.8)
                panels[row["task"]].plot(row["value"], at, "D", ms=4.2, color=INK)
            y += depth
        return to_svg(figure)
