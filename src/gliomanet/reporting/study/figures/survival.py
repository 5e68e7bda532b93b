"""Kaplan–Meier curves of groups of patients, a panel per centre, with the patients at risk below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from gliomanet.reporting.format import center_name, count, number
from gliomanet.reporting.svg import LINE, MUTED, bare, letters_of_any_language, new_figure, styles_of, to_svg

LONGEST = 60
"""Months that are drawn."""

_COLUMNS, _TICKS = 2, range(0, LONGEST + 1, 12)
_SIDE, _HEIGHT, _LEFT, _TITLE, _BELOW, _GAP, _ROW = 3.1, 2.1, 0.45, 0.3, 0.45, 0.35, 0.3  # inches


ENGLISH = {
    "months": "months",
    "alive": "share alive",
    "death": "1 death",
    "deaths": "{n:,} deaths",
    "few": ", too few events",
}
"""Words on the figure."""


def survival_plot(curves: pd.DataFrame, groups: pd.DataFrame, *, wording: Mapping[str, str] = ENGLISH) -> str:
    """Share alive over months since diagnosis or surgery, with its interval.

    Args:
        curves: rows of `SURVIVAL_CURVES` that are to be drawn.
        groups: their rows of `SURVIVAL_GROUPS`.
        wording: words on it, as `ENGLISH` has them.

    Returns:
        SVG text, empty where there is no curve.
    """
    if curves.empty:
        return ""
    centers = list(dict.fromkeys(curves["center"]))
    styles = styles_of(list(groups.groupby("group")["n"].sum().sort_values(ascending=False, kind="stable").index))
    most = int(curves.groupby("center")["group"].nunique().max())
    columns, lines = min(_COLUMNS, len(centers)), -(-len(centers) // _COLUMNS)
    below = _BELOW + most * _ROW
    width, height = columns * (_LEFT + _SIDE + _GAP), lines * (_TITLE + _HEIGHT + below)
    with letters_of_any_language():
        figure = new_figure(width, height)
        for index, center in enumerate(centers):
            x = _LEFT + (index % columns) * (_LEFT + _SIDE + _GAP)
            y = height - (index // columns + 1) * (_TITLE + _HEIGHT + below) + below
            axes = figure.add_axes((x / width, y / height, _SIDE / width, _HEIGHT / height))
            rows = figure.add_axes((x / width, (y - below) / height, _SIDE / width, (below - _BELOW) / height))
            here = groups[groups["center"] == center]
            _prepare(axes, center_name(center), wording)
            _at_risk_axes(rows, most)
            for place, group in enumerate(here.to_dict("records")):
                curve = curves[(curves["center"] == center) & (curves["group"] == group["group"])]
                curve = curve[curve["month"] <= LONGEST].sort_values("month")
                _draw(axes, curve, styles[group["group"]], _is_few(group))
                _at_risk(rows, curve, group, place, styles[group["group"]], wording)
        return to_svg(figure)


def _prepare(axes: Axes, title: str, wording: Mapping[str, str]) -> None:
    axes.patch.set_alpha(0)
    axes.set(xlim=(0, LONGEST), ylim=(0, 1.02))
    axes.set_title(title, fontsize=8.5, weight="bold", loc="left")
    axes.set_xticks([*_TICKS], [str(month) for month in _TICKS], fontsize=7)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", *(number(share) for share in (0.25, 0.5, 0.75)), "1"], fontsize=7)
    axes.set_xlabel(wording["months"], fontsize=7.5, labelpad=1)
    axes.set_ylabel(wording["alive"], fontsize=7.5)
    axes.tick_params(length=2)
    axes.grid(color=LINE, lw=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)


def _draw(axes: Axes, curve: pd.DataFrame, style: Mapping[str, Any], few: bool) -> None:
    """A curve that is known at whole months, as steps in its interval; thin, without one, of too few events."""
    axes.step(curve["month"], curve["survival"], where="post", lw=0.8 if few else 1.5, **style)
    if not few:
        bounds = curve["ci_low"], curve["ci_high"]
        axes.fill_between(curve["month"], *bounds, step="post", color=style["color"], alpha=0.15, lw=0)


def _is_few(group: Mapping[Any, Any]) -> bool:
    return str(group["note"]).startswith("too few events")


def _at_risk_axes(axes: Axes, most: int) -> None:
    bare(axes).set(xlim=(0, LONGEST), ylim=(most, 0))


def _at_risk(
    axes: Axes,
    curve: pd.DataFrame,
    group: Mapping[Any, Any],
    place: int,
    style: Mapping[str, Any],
    wording: Mapping[str, str],
) -> None:
    """A group's name with its line, and the patients still observed at each tick."""
    axes.plot([0, 3.6], [place + 0.27] * 2, lw=0.8 if _is_few(group) else 1.5, clip_on=False, **style)
    name = group["group"].replace(", IDH-mutant, 1p/19q-codeleted", "")  # which every oligodendroglioma is
    dead = round(group["deaths"])
    deaths = wording["death" if dead == 1 else "deaths"].format(n=dead) + (wording["few"] if _is_few(group) else "")
    axes.text(4.4, place + 0.27, f"{name}: {deaths}", fontsize=6.2, va="center")
    at_risk = dict(zip(curve["month"], curve["at_risk"], strict=True))
    for month in _TICKS:
        told = count(at_risk[month]) if month in at_risk else "<5"
        axes.text(month, place + 0.7, told, fontsize=6.5, va="center", ha="center", color=MUTED)
