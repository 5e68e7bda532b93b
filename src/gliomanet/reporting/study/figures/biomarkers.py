"""Forest plot of biomarkers: a feature's effect in every centre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib import rc_context

from gliomanet.reporting.format import (
    feature_name,
    number,
    task_name,
)
from gliomanet.reporting.study.tidy import tidy_biomarkers
from gliomanet.reporting.svg import (
    HEADER,
    INK,
    MARKERS,
    MUTED,
    ROW,
    SETTINGS,
    SHADE,
    bare,
    colors_of,
    new_figure,
    to_svg,
)


def biomarker_forest(biomarkers: Mapping[str, pd.DataFrame], top: int = 6) -> str:
    """Kept biomarkers: each centre's effect, and their random-effects summary with interval.

    Args:
        biomarkers: model → rows of `biomarkers/<model>.tsv`.
        top: biomarkers drawn per model, scenario and task: those of the largest summary effect.

    Returns:
        SVG text, empty where nothing was kept.

    """
    blocks: list[tuple[str, list[dict[Any, Any]]]] = []
    centers: list[str] = []
    for model, frame in biomarkers.items():
        kept = tidy_biomarkers(frame)
        kept = kept[kept["status"] == "kept"]
        centers += [c for c in kept.columns if c.startswith("effect_") and kept[c].notna().any() and c not in centers]
        several = len(set(kept["scenario"])) > 1
        for (scenario, task), rows in kept.groupby(["scenario", "task"], sort=False):
            ranked = rows.assign(size=rows["summary"].abs()).sort_values(["size", "feature"], ascending=[False, True])
            title = f"{task_name(str(task))} · {model}" + (f" ({scenario})" if several else "")
            blocks.append((title, ranked.head(top).to_dict("records")))
    if not blocks:
        return ""
    left, panel, right, head, bottom = 3.35, 4.3, 0.75, 0.1, 0.72
    height = sum(HEADER + ROW * len(rows) for _, rows in blocks)
    width, total = left + panel + right, height + head + bottom
    figures = [row[c] for _, rows in blocks for row in rows for c in (*centers, "ci_low", "ci_high") if c in row]
    reach = 1.1 * max([0.1, *(abs(value) for value in figures if pd.notna(value))])
    colors = colors_of(centers)
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, total)
        names = bare(figure.add_axes((0, bottom / total, 1, height / total)))
        names.set(xlim=(0, width), ylim=(height, 0))
        axes = figure.add_axes((left / width, bottom / total, panel / width, height / total))
        axes.patch.set_alpha(0)
        axes.set(xlim=(-reach, reach), ylim=(height, 0), yticks=[])
        axes.set_xlabel("Effect: AUC − ½ of the last class (0 = no difference between the classes)", fontsize=7.5)
        axes.tick_params(length=2, labelsize=7)
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)
        axes.axvline(0, color=MUTED, lw=0.8, zorder=-1)
        y = 0.0
        for index, (title, members) in enumerate(blocks):
            depth = HEADER + ROW * len(members)
            if index % 2 == 0:
                names.axhspan(y, y + depth, color=SHADE, lw=0, zorder=-2)
            names.text(0.06, y + 0.17, title, weight="bold", va="center", fontsize=8)
            names.text(width - 0.08, y + 0.17, "I²", ha="right", va="center", fontsize=6.5, color=MUTED)
            for row, biomarker in enumerate(members):
                at = y + HEADER + ROW * (row + 0.35)
                text = feature_name(biomarker["feature"], biomarker["region"])
                names.text(0.18, at, text if len(text) <= 50 else text[:49] + "…", va="center", fontsize=7)
                if pd.notna(biomarker["i2"]):
                    names.text(width - 0.08, at, number(biomarker["i2"]), ha="right", va="center", fontsize=7)
                axes.plot([biomarker["ci_low"], biomarker["ci_high"]], [at, at], color=INK, lw=1.3)
                for order, center in enumerate(centers):
                    if pd.notna(biomarker.get(center, float("nan"))):
                        mark = MARKERS[order % len(MARKERS)]
                        axes.plot(biomarker[center], at, mark, ms=3.6, mfc="none", mec=colors[center], mew=1)
                axes.plot(biomarker["summary"], at, "d", ms=4.8, mfc=INK, mec=INK, mew=0)
            y += depth
        handles = [
            axes.plot([], [], MARKERS[i % len(MARKERS)], ms=4, mfc="none", mec=colors[c], label=c[len("effect_") :])[0]
            for i, c in enumerate(centers)
        ]
        handles.append(axes.plot([], [], "d", ms=5, mfc=INK, mec=INK, label="summary, with interval")[0])
        figure.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(left / width, 0.0),
            ncols=min(len(handles), 5),
            frameon=False,
            fontsize=7,
            handletextpad=0.2,
            columnspacing=1.2,
        )
        return to_svg(figure)
