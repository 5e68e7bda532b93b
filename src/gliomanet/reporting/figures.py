"""The study's figures, as SVG text and as files: equal tables give equal bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from gliomanet.reporting.drawing import INK, LINE, MUTED, SETTINGS, SHADE, bare, colors_of, new_figure, to_svg
from gliomanet.reporting.inputs import tidy_biomarkers, tidy_confusion, tidy_metrics
from gliomanet.reporting.wording import (
    NOT_ESTIMABLE,
    TOGETHER,
    WHOLE_GROUP,
    center_name,
    feature_name,
    listing,
    model_name,
    number,
    of,
    stage_name,
    task_name,
)
from gliomanet.stages import round_of, stage_order

ROW, HEADER = 0.19, 0.30  # inches
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")
CIRCLE = ("o", "circle")
ROUND_MARKERS = (("D", "diamond"), ("s", "square"), ("^", "triangle"), ("P", "plus"))
"""The marks of rounds of pseudo-labels and how they are called, taken again after the last; other stages: a circle."""


def save_figures(
    out_dir: Path, metrics: pd.DataFrame, confusion: pd.DataFrame, biomarkers: Mapping[str, pd.DataFrame]
) -> list[Path]:
    """Write `mcc_forest.svg`, `confusion.svg` and `biomarkers.svg`; a figure without content says so.

    Returns:
        the files, in this order.

    """
    out_dir.mkdir(parents=True, exist_ok=True)
    figures = {
        "mcc_forest.svg": forest_plot(metrics) or _empty("No MCC was computed."),
        "confusion.svg": confusion_grid(confusion) or _empty("No predictions were compared with labels."),
        "biomarkers.svg": biomarker_forest(biomarkers) or _empty("No biomarker was kept."),
    }
    for name, svg in figures.items():
        (out_dir / name).write_text(svg, encoding="utf-8")
    return [out_dir / name for name in figures]


def forest_plot(metrics: pd.DataFrame) -> str:
    """MCC with interval: a panel per task, a band per group of cases, a line per model and stage.

    The first band of a transfer is its validation cases (hollow marks), then its external centres together, then each.

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
    colors = colors_of(list(dict.fromkeys(table["model"])))
    found = {
        (r["transfer"], r["role"], r["center"], r["model"], r["stage"], r["task"]): r for r in table.to_dict("records")
    }
    bands = _bands(table)
    rows_of = {band: [line for line in lines if any((*band, *line, task) in found for task in tasks)] for band in bands}
    height = sum(HEADER + ROW * len(rows) for rows in rows_of.values())
    left, panel, gap, top, bottom = 2.0, 2.35, 0.15, 0.3, 0.45
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
        several_transfers = len(set(table["transfer"])) > 1
        for index, band in enumerate(bands):
            depth = HEADER + ROW * len(rows_of[band])
            if index % 2 == 0:
                names.axhspan(y, y + depth, color=SHADE, lw=0, zorder=-2)
            names.text(0.06, y + 0.17, _band_name(band, several_transfers), weight="bold", va="center", fontsize=8)
            for axes, task in zip(panels, tasks, strict=True):
                members = [found[key] for line in rows_of[band] if (key := (*band, *line, task)) in found]
                if members:
                    first = members[0]
                    text = of(first["n"], first["n_positive"])
                    axes.text(1.03, y + 0.17, text, ha="right", va="center", fontsize=6.5, color=MUTED)
            for row, (model, stage) in enumerate(rows_of[band]):
                at = y + HEADER + ROW * (row + 0.35)
                names.text(0.18, at, model_name(model, stage, several_stages), va="center", fontsize=7.5)
                for axes, task in zip(panels, tasks, strict=True):
                    if (key := (*band, model, stage, task)) in found:
                        _draw_estimate(axes, found[key], at, colors[model])
            y += depth
        return to_svg(figure)


def marks_sentence(metrics: pd.DataFrame) -> str:
    """Which stages each mark of `forest_plot` stands for: `Circle: supervised; diamond: pseudo-label.`."""
    table = tidy_metrics(metrics)
    stages: dict[str, list[str]] = {}
    for stage in sorted(set(table.loc[table["metric"] == "mcc", "stage"]), key=stage_order):
        stages.setdefault(_mark_of(stage)[1], []).append(stage_name(stage))
    text = "; ".join(f"{shape}: {listing(names)}" for shape, names in stages.items())
    return f"{text[:1].upper()}{text[1:]}."


def _mark_of(stage: str) -> tuple[str, str]:
    number_of_round = round_of(stage)
    return ROUND_MARKERS[(number_of_round - 1) % len(ROUND_MARKERS)] if number_of_round else CIRCLE


def _bands(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    """(transfer, role, center) of every group of cases, in the order they are drawn."""
    bands = []
    for transfer in dict.fromkeys(table["transfer"]):
        mine = table[table["transfer"] == transfer]
        for role in ("validation", "external"):
            centers = list(dict.fromkeys(mine.loc[mine["role"] == role, "center"]))
            single = [center for center in centers if center not in TOGETHER]
            summary = ["summary"] if "summary" in centers else []
            pooled = ["pooled"] if "pooled" in centers and (len(single) != 1 or role == "validation") else []
            # Validation cases are shown together: they are there as the yardstick of the external ones.
            bands += [
                (transfer, role, center)
                for center in pooled + ([] if role == "validation" and pooled else single + summary)
            ]
    return bands


def _band_name(band: tuple[str, str, str], several_transfers: bool) -> str:
    transfer, role, center = band
    name = f"{role.capitalize()}, {center_name(center)}"
    return f"{name}  ({transfer})" if several_transfers else name


def _prepare_panel(axes: Axes, title: str, low: float, height: float) -> None:
    axes.patch.set_alpha(0)
    axes.set(xlim=(low, 1.05), ylim=(height, 0), yticks=[])
    axes.set_title(title, fontsize=9, weight="bold", loc="left")
    axes.set_xlabel("MCC", fontsize=7.5)
    ticks = [tick for tick in (-1, -0.5, 0, 0.5, 1) if tick >= low]
    axes.set_xticks(ticks, [number(tick, 1) if tick else "0" for tick in ticks], fontsize=7)
    axes.tick_params(length=2)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    for tick in ticks:
        axes.axvline(tick, color=MUTED if tick == 0 else LINE, lw=0.8 if tick == 0 else 0.5, zorder=-1)


def _draw_estimate(axes: Axes, row: Mapping[Any, Any], y: float, color: str) -> None:
    if pd.isna(row["value"]):
        axes.text(0.03, y, NOT_ESTIMABLE, va="center", fontsize=6.5, style="italic", color=MUTED)
        return
    if pd.notna(row["ci_low"]) and pd.notna(row["ci_high"]):
        axes.plot([row["ci_low"], row["ci_high"]], [y, y], color=color, lw=1.4, solid_capstyle="butt")
    hollow = row["role"] == "validation"
    marker, _ = _mark_of(row["stage"])
    face = "none" if hollow else color
    axes.plot(row["value"], y, marker, ms=3.8, mfc=face, mec=color, mew=1.1)


def confusion_grid(confusion: pd.DataFrame) -> str:
    """Confusion matrices as small multiples: a row per model, stage and transfer; a column per role and task.

    Shading is the share of a truth class; counts are cases, all centres of the role together.

    Returns:
        SVG text, empty where there is no matrix.

    """
    table = _all_centers(tidy_confusion(confusion))
    if table.empty:
        return ""
    roles = [role for role in ("external", "validation") if (table["role"] == role).any()]
    columns = [(role, task) for role in roles for task in dict.fromkeys(table.loc[table["role"] == role, "task"])]
    lines = list(dict.fromkeys(zip(table["model"], table["stage"], table["transfer"], strict=True)))
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
        for row, (model, stage, transfer) in enumerate(lines):
            y = top + row * (deep + space)
            if row % 2 == 0:
                axes.axhspan(y - space / 2 - 0.06, y + deep + space / 2 - 0.06, color=SHADE, lw=0, zorder=-2)
            axes.text(0.06, y + deep / 2 - 0.08, model, weight="bold", va="center", fontsize=9)
            detail = [stage_name(stage)] * several[0] + [transfer] * several[1]
            axes.text(0.06, y + deep / 2 + 0.08, " · ".join(detail), va="center", fontsize=8, color=MUTED)
            x = left
            for (role, task), wide in zip(columns, widths, strict=True):
                if row == 0:
                    axes.text(x + labels[task], 0.17, role.capitalize(), fontsize=8, color=MUTED, va="center")
                    axes.text(x + labels[task], 0.34, task_name(task), fontsize=9.5, weight="bold", va="center")
                key = (model, stage, transfer, role, task)
                _draw_matrix(axes, counts, key, classes[task], (x + labels[task], y, cell))
                x += wide
        return to_svg(figure)


def _all_centers(table: pd.DataFrame) -> pd.DataFrame:
    """Take the `pooled` counts of a role where they exist, else the centres' sum."""
    keys = ["model", "stage", "transfer", "role", "task", "truth", "predicted"]
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
            axes.fill_between(
                [left + j * cell, left + (j + 1) * cell],
                top + i * cell,
                top + (i + 1) * cell,
                facecolor="#0072b2",
                alpha=round(0.04 + 0.5 * share, 3),
                linewidth=0,
            )
            axes.text(
                left + (j + 0.5) * cell, top + (i + 0.5) * cell, f"{n:.0f}", ha="center", va="center", fontsize=8.5
            )
            if i == 0:
                axes.plot([left + j * cell + 0.015, left + (j + 1) * cell - 0.015], [top, top], color=LINE, lw=0.5)
    side = cell * len(classes)
    axes.plot([left, left + side, left + side, left, left], [top, top, top + side, top + side, top], color=LINE, lw=0.7)


def biomarker_forest(biomarkers: Mapping[str, pd.DataFrame], top: int = 6) -> str:
    """Kept biomarkers: each centre's effect, and their random-effects summary with interval.

    Args:
        biomarkers: model → rows of `biomarkers/<model>.tsv`.
        top: biomarkers drawn per model, transfer and task: those of the largest summary effect.

    Returns:
        SVG text, empty where nothing was kept.

    """
    blocks: list[tuple[str, list[dict[Any, Any]]]] = []
    centers: list[str] = []
    for model, frame in biomarkers.items():
        kept = tidy_biomarkers(frame)
        kept = kept[kept["verdict"] == "kept"]
        centers += [c for c in kept.columns if c.startswith("effect_") and kept[c].notna().any() and c not in centers]
        several = len(set(kept["transfer"])) > 1
        for (transfer, task), rows in kept.groupby(["transfer", "task"], sort=False):
            ranked = rows.assign(size=rows["summary"].abs()).sort_values(["size", "feature"], ascending=[False, True])
            title = f"{task_name(str(task))} · {model}" + (f" ({transfer})" if several else "")
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


def _empty(text: str) -> str:
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(5, 0.6)
        bare(figure.add_axes((0, 0, 1, 1))).text(0.02, 0.5, text, va="center", color=MUTED)
        return to_svg(figure)
