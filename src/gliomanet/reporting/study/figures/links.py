"""Heat map of the correlation between leading deep features and linked radiomic features."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import rc_context

from gliomanet.reporting.format import feature_name, number, task_name
from gliomanet.reporting.svg import HEADER, INK, MUTED, SETTINGS, bare, new_figure, to_svg

_Block = tuple[pd.DataFrame, pd.DataFrame, set[tuple[str, str]]]
"""ρ and q (radiomic features, deep features), and the kept features."""

_ROW, _COLUMN, _NAMES, _HEAD = 0.2, 0.36, 2.95, 0.3  # inches


def link_map(links: pd.DataFrame, biomarkers: pd.DataFrame, max_q: float, rows: int = 12, columns: int = 12) -> str:
    """Spearman's ρ within centres of a task's strongest links; kept biomarkers first.

    Args:
        links: rows of `explanations/<model>.links.tsv.gz`; the first scenario is drawn.
        biomarkers: rows of `biomarkers/<model>.tsv`, of the same model.
        max_q: largest q of a correlation that is told from chance; those are bold.
        rows: radiomic features a task.
        columns: deep features a task.

    Returns:
        SVG text, empty where nothing is linked to a deep feature.
    """
    blocks = _blocks(links, biomarkers, rows, columns)
    if not blocks:
        return ""
    height = sum(HEADER + _HEAD + _ROW * len(matrix) for _, (matrix, _, _) in blocks) + 0.25
    width = _NAMES + _COLUMN * max(matrix.shape[1] for _, (matrix, _, _) in blocks) + 0.1
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, height)
        axes = bare(figure.add_axes((0, 0, 1, 1)))
        axes.set(xlim=(0, width), ylim=(height, 0))
        y = 0.0
        for task, (matrix, rates, kept) in blocks:
            axes.text(0.06, y + 0.17, task_name(task), weight="bold", va="center", fontsize=8)
            y += HEADER
            for column, name in enumerate(matrix.columns):
                at = _NAMES + _COLUMN * (column + 0.5)
                axes.text(
                    at, y + _HEAD / 2, str(name).replace(":", "\n"), ha="center", va="center", fontsize=6, color=MUTED
                )
            y += _HEAD
            values, chance = matrix.to_numpy(dtype=np.float64), rates.to_numpy(dtype=np.float64)
            for row, (region, feature) in enumerate(matrix.index):
                middle = y + _ROW * (row + 0.5)
                text = feature_name(feature, region)
                text = ("✓ " if (region, feature) in kept else "") + (text if len(text) <= 48 else text[:47] + "…")
                axes.text(_NAMES - 0.08, middle, text, ha="right", va="center", fontsize=6.5)
                for column in range(matrix.shape[1]):
                    rho, q = values[row, column], chance[row, column]
                    if np.isfinite(rho):
                        left = _NAMES + _COLUMN * column
                        axes.fill_between(
                            [left + 0.01, left + _COLUMN - 0.01],
                            y + _ROW * row + 0.01,
                            y + _ROW * (row + 1) - 0.01,
                            color="#d55e00" if rho > 0 else "#0072b2",
                            alpha=0.75 * min(1.0, abs(rho)),
                            lw=0,
                        )
                        bold = "bold" if q <= max_q else "normal"
                        axes.text(
                            left + _COLUMN / 2,
                            middle,
                            number(rho),
                            ha="center",
                            va="center",
                            fontsize=6,
                            weight=bold,
                            color=INK,
                        )
            y += _ROW * len(matrix)
        axes.text(
            0.06,
            y + 0.13,
            "✓ kept · columns: fold, deep feature · bold: q at most " + number(max_q),
            va="center",
            fontsize=6.5,
            color=MUTED,
        )
        return to_svg(figure)


def drawn_links(links: pd.DataFrame, biomarkers: pd.DataFrame, rows: int = 12, columns: int = 12) -> pd.DataFrame:
    """The numbers of the map: task, region, feature, deep feature, rho, q. Arguments are those of `link_map`."""
    found = [
        (task, *key, str(deep), float(matrix.loc[key, deep]), float(rates.loc[key, deep]))
        for task, (matrix, rates, _) in _blocks(links, biomarkers, rows, columns)
        for key in matrix.index
        for deep in matrix.columns
    ]
    return pd.DataFrame(found, columns=["task", "region", "feature", "deep_feature", "rho", "q"])


def _blocks(links: pd.DataFrame, biomarkers: pd.DataFrame, rows: int, columns: int) -> list[tuple[str, _Block]]:
    """Each task of the first scenario with what is drawn of it; none where nothing is linked to a deep feature."""
    links = links[links["deep_feature"].astype(str).str.fullmatch(r"z\d+")]
    if links.empty:
        return []
    scenario = links["scenario"].iloc[0]
    found = biomarkers[biomarkers["scenario"] == scenario]
    return [
        (str(task), _matrix(of_task, found[found["task"] == task], rows, columns))
        for task, of_task in links[links["scenario"] == scenario].groupby("task", sort=False)
    ]


def _matrix(links: pd.DataFrame, biomarkers: pd.DataFrame, rows: int, columns: int) -> _Block:
    """ρ and q (radiomic features, deep features) of the strongest links, and the kept features."""
    links = links.assign(
        deep=links["fold"].astype(str) + ":" + links["deep_feature"].astype(str), size=links["rho"].abs()
    )
    kept = set(biomarkers.loc[biomarkers["status"] == "kept", ["region", "feature"]].itertuples(index=False, name=None))
    strongest = links.groupby(["region", "feature"])["size"].max()
    order = sorted(strongest.index, key=lambda key: (key not in kept, -strongest[key], key))[:rows]
    inside = links[[key in set(order) for key in zip(links["region"], links["feature"], strict=True)]]
    deep = inside.groupby("deep")["size"].max().sort_values(ascending=False, kind="stable").index[:columns]
    rho, q = (
        inside.pivot_table(index=["region", "feature"], columns="deep", values=name, aggfunc="first").reindex(
            index=pd.MultiIndex.from_tuples(order), columns=deep
        )
        for name in ("rho", "q")
    )
    return rho, q, kept
