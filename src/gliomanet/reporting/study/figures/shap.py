"""Bars and beeswarms of SHAP values: what a model's output is made of, task by task.

Drawn here and not by shap, in the page's style: its colours can be told apart in grey, and the page's job does without
that import.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gliomanet.reporting.format import feature_name, task_name
from gliomanet.reporting.svg import HEADER, LINE, MUTED, PALETTE, SETTINGS, SHADE, bare, new_figure, to_svg
from gliomanet.tables.explanation import DEEP, INPUT

_ROW, _NAMES, _BARS, _GAP, _SWARM, _BOTTOM = 0.24, 2.85, 1.15, 0.25, 3.3, 0.62  # inches
_COLORS = "cividis"  # told apart with any colour vision, and in grey

_BRIGHTEST = 0.85
"""Of the colours: the last ones are lost on white."""

Floats = NDArray[np.float64]


def shown_unit(values: pd.DataFrame) -> str:
    """Inputs where the model has any that are explained, since they have names; else deep features."""
    return INPUT if (values["unit"] == INPUT).any() else DEEP


def shown_rows(values: pd.DataFrame) -> pd.DataFrame:
    """Rows of the scenario and the unit that are drawn: the first scenario's."""
    first = values["scenario"] == values["scenario"].iloc[0]
    rows: pd.DataFrame = values[first & (values["unit"] == shown_unit(values))]
    return rows


def shap_shares(values: pd.DataFrame) -> pd.DataFrame:
    """Numbers that the bars are drawn from, and the mean |SHAP| of each fold: few, unlike those of the dots."""
    if values.empty:
        return values
    keys = ["scenario", "task", "fold", "unit", "feature", "share"]
    size = shown_rows(values).assign(mean_absolute_shap=lambda rows: rows["shap"].abs())
    return size.groupby(keys, sort=False)["mean_absolute_shap"].mean().reset_index()


def shap_summary(values: pd.DataFrame, top: int = 8) -> str:
    """Mean |SHAP| as bars, and every validation case as a dot, of the features that matter most in each task.

    Args:
        values: rows of `explanations/<model>.tsv.gz`; the first scenario is drawn.
        top: features a task.

    Returns:
        SVG text, empty where nothing was explained.
    """
    if values.empty:
        return ""
    values = shown_rows(values)
    folds = values["fold"].nunique()
    blocks = [(str(task), _leading(rows, folds, top)) for task, rows in values.groupby("task", sort=False)]
    height = sum(HEADER + _ROW * len(features) for _, features in blocks)
    width, total = _NAMES + _BARS + _GAP + _SWARM + 0.1, height + _BOTTOM
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, total)
        figure.dpi = 200  # of the dots, which are a picture inside the drawing
        back = bare(figure.add_axes((0, _BOTTOM / total, 1, height / total)))
        back.set(xlim=(0, width), ylim=(height, 0))
        y = 0.0
        for index, (task, features) in enumerate(blocks):
            depth = _ROW * len(features)
            if index % 2 == 0:
                back.axhspan(y, y + HEADER + depth, color=SHADE, lw=0, zorder=-2)
            back.text(0.06, y + 0.17, task_name(task), weight="bold", va="center", fontsize=8)
            low = (total - _BOTTOM - y - HEADER - depth + _BOTTOM) / total
            bars = figure.add_axes((_NAMES / width, low, _BARS / width, depth / total))
            swarm = figure.add_axes(((_NAMES + _BARS + _GAP) / width, low, _SWARM / width, depth / total))
            _draw(bars, swarm, features)
            for row, (name, _) in enumerate(features):
                text = name if len(name) <= 46 else name[:45] + "…"
                back.text(_NAMES - 0.08, y + HEADER + _ROW * (row + 0.5), text, ha="right", va="center", fontsize=6.5)
            y += HEADER + depth
        back.text(_NAMES, height + 0.42, "share of mean |SHAP|", fontsize=7, color=MUTED, va="center")
        at = _NAMES + _BARS + _GAP
        back.text(
            at,
            height + 0.42,
            "SHAP value, a dot a case; the feature's own value:",
            fontsize=7,
            color=MUTED,
            va="center",
        )
        legend = figure.add_axes(((at + 2.72) / width, 0.15 / total, 0.3 / width, 0.09 / total))
        legend.imshow(np.linspace(0, _BRIGHTEST, 32)[None], aspect="auto", cmap=_COLORS, vmin=0, vmax=1)
        bare(legend)
        back.text(at + 2.68, height + 0.42, "low", fontsize=6.5, color=MUTED, va="center", ha="right")
        back.text(at + 3.06, height + 0.42, "high", fontsize=6.5, color=MUTED, va="center")
        return to_svg(figure)


def _leading(rows: pd.DataFrame, folds: int, top: int) -> list[tuple[str, pd.DataFrame]]:
    """Name and rows of a task's first features: inputs over all folds, deep features each of its own fold."""
    own = rows.assign(name=_names(rows))
    share = own.drop_duplicates(["fold", "name"]).groupby("name")["share"].sum()
    share = share if (rows["unit"] == DEEP).any() else share / folds
    order = share.sort_values(ascending=False, kind="stable").index[:top]
    return [(str(name), own[own["name"] == name].assign(share=share[name])) for name in order]


def _names(rows: pd.DataFrame) -> pd.Series:
    deep = "fold " + rows["fold"].astype(str) + " · " + rows["feature"].astype(str)
    return deep.where(rows["unit"] == DEEP, rows["feature"].astype(str).map(feature_name))


def _draw(bars: Axes, swarm: Axes, features: list[tuple[str, pd.DataFrame]]) -> None:
    rows = np.arange(len(features))
    bars.barh(rows, [float(block["share"].iloc[0]) for _, block in features], height=0.55, color=PALETTE[0], lw=0)
    colors = colormaps[_COLORS]
    for row, (_, block) in enumerate(features):
        x = block["shap"].to_numpy(dtype=np.float64)
        value = block["value"].rank(pct=True).to_numpy(dtype=np.float64)
        swarm.scatter(x, row + _offsets(x), s=3, c=colors(_BRIGHTEST * value), lw=0, rasterized=True)
    swarm.axvline(0, color=MUTED, lw=0.7, zorder=-1)
    for axes in (bars, swarm):
        axes.set(ylim=(len(features) - 0.5, -0.5), yticks=[])
        axes.patch.set_alpha(0)
        axes.tick_params(length=2, labelsize=5.5, pad=1)
        axes.locator_params(axis="x", nbins=4)
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(LINE)
    bars.set_xlim(left=0)


def _offsets(x: Floats) -> Floats:
    """Distance of each dot from its row's middle, so that dots of one place lie beside each other."""
    edges = np.linspace(x.min(), x.max() + 1e-12, 60)
    place, offset = np.digitize(x, edges), np.zeros(len(x))
    for one in np.unique(place):
        at = np.flatnonzero(place == one)
        step = np.arange(len(at))
        offset[at] = np.where(step % 2, 1, -1) * ((step + 1) // 2)
    return offset * min(0.09, 0.42 / max(1.0, float(np.abs(offset).max())))
