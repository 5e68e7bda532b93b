"""The study's figures, as SVG text and as files: equal tables give equal bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from gliomanet.reporting.study.figures.biomarkers import biomarker_forest
from gliomanet.reporting.study.figures.confusion import confusion_grid
from gliomanet.reporting.study.figures.forest import forest_plot
from gliomanet.reporting.svg import (
    _empty,
)


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
