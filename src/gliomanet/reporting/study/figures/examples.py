"""Pictures of what a biomarker looks like: a case of low and one of high value, inside the brain only."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gliomanet.explanation.features import with_log_shape
from gliomanet.files.nifti import read_written_nifti
from gliomanet.modalities import MODALITIES
from gliomanet.reporting.format import feature_name, modality_name, task_name
from gliomanet.reporting.svg import MUTED, PALETTE, SETTINGS, bare, new_figure

_LOW, _HIGH = 0.05, 0.95
_SIDE, _TEXT = 1.7, 2.6  # inches
_SHAPES_SHOWN_IN = "flair"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """A kept biomarker of a task, and two cases of one centre: (case, value) near its 5th and 95th percentile."""

    task: str
    region: str
    feature: str
    center: str
    low: tuple[str, float]
    high: tuple[str, float]


def chosen_examples(biomarkers: pd.DataFrame, radiomics: Mapping[str, pd.DataFrame], top: int = 3) -> list[Example]:
    """The kept biomarkers of the largest summary effect in each task of the first scenario.

    Args:
        biomarkers: rows of `biomarkers/<model>.tsv`.
        radiomics: centre → its radiomic features.
        top: biomarkers a task.

    Returns:
        Each with two cases of the centre that has the feature of the most cases.
    """
    kept = biomarkers[biomarkers["status"] == "kept"]
    kept = kept[kept["scenario"] == kept["scenario"].iloc[0]] if len(kept) else kept
    tables = {center: with_log_shape(table) for center, table in radiomics.items()}
    found = []
    for task, rows in kept.groupby("task", sort=False):
        ranked = rows.assign(size=rows["summary"].abs()).sort_values("size", ascending=False, kind="stable")
        for row in ranked.head(top).to_dict("records"):
            values = {center: _values(table, row["region"], row["feature"]) for center, table in tables.items()}
            center = max(values, key=lambda name: len(values[name]))
            own = values[center]
            ends = [own.iloc[round(share * (len(own) - 1))] for share in (_LOW, _HIGH)]
            cases = [str(own.index[round(share * (len(own) - 1))]) for share in (_LOW, _HIGH)]
            low, high = zip(cases, map(float, ends), strict=True)
            found.append(Example(str(task), row["region"], row["feature"], center, low, high))
    return found


def draw_examples(examples: list[Example], folders: Mapping[str, Path], regions: Mapping[str, list[int]]) -> bytes:
    """A row per biomarker: its name, and the slice of each case where its region is largest, outlined.

    Voxels outside the brain mask are left black, so that no face is ever shown.

    Args:
        examples: see `chosen_examples`.
        folders: centre → folder of its preprocessed cases.
        regions: region → codes of the tumour mask.

    Returns:
        PNG without a date.
    """
    width, height = _TEXT + 2 * _SIDE, 0.3 + (_SIDE + 0.22) * len(examples)
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(width, height)
        figure.patch.set(alpha=1, facecolor="white")
        page = bare(figure.add_axes((0, 0, 1, 1)))
        page.set(xlim=(0, width), ylim=(height, 0))
        for place, word in enumerate(("low value", "high value")):
            page.text(_TEXT + _SIDE * (place + 0.5), 0.17, word, ha="center", va="center", fontsize=8, color=MUTED)
        for row, one in enumerate(examples):
            top = 0.3 + (_SIDE + 0.22) * row
            text = f"{feature_name(one.feature)}\n({one.region})"
            page.text(0.08, top + 0.25, task_name(one.task), weight="bold", fontsize=8, va="center")
            page.text(0.08, top + 0.6, text, fontsize=7, va="center", wrap=True)
            for place, (case, value) in enumerate((one.low, one.high)):
                at = ((_TEXT + _SIDE * place) / width, 1 - (top + _SIDE) / height, 0.97 * _SIDE / width, _SIDE / height)
                drawn_in = _draw(bare(figure.add_axes(at)), folders[one.center] / case, one, regions)
                below = f"{case} ({one.center}), {modality_name(drawn_in)}: {value:.4g}"
                page.text(
                    _TEXT + _SIDE * (place + 0.485), top + _SIDE + 0.09, below, ha="center", va="center", fontsize=5.5
                )
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    return buffer.getvalue()


def _values(table: pd.DataFrame, region: str, feature: str) -> pd.Series:
    """A feature's values in ascending order, by case."""
    if feature not in table:
        return pd.Series(dtype=float)
    rows = table[table["region"].astype(str) == region].set_index("case_id")[feature]
    return rows.astype(float).dropna().sort_values(kind="stable")


def _draw(axes: Axes, folder: Path, one: Example, regions: Mapping[str, list[int]]) -> str:
    """Draw a case's slice; the modality that is shown."""
    present = [name for name in MODALITIES if (folder / f"{name}.nii.gz").is_file()]
    wanted = next((name for name in MODALITIES if one.feature.startswith(f"{name}_")), _SHAPES_SHOWN_IN)
    modality = wanted if wanted in present else present[0]
    image, brain, codes = (
        np.asanyarray(read_written_nifti(folder / f"{name}.nii.gz", delete=folder).dataobj)
        for name in (modality, "brain_mask", "tumour_mask")
    )
    inside, region = brain > 0, np.isin(codes, regions[one.region])
    level = int(region.sum(axis=(0, 1)).argmax())
    low, high = np.percentile(image[inside], [1, 99.5])
    shown = np.where(inside, np.clip((image - low) / max(high - low, 1e-9), 0, 1), 0.0)[:, :, level]
    axes.imshow(shown.T, cmap="gray", origin="lower", vmin=0, vmax=1, interpolation="nearest")
    if region[:, :, level].any() and not region[:, :, level].all():
        axes.contour(region[:, :, level].T.astype(float), levels=[0.5], colors=[PALETTE[4]], linewidths=0.8)
    return modality
