"""The study's figures as files: equal tables give equal bytes."""

from __future__ import annotations

from pathlib import Path

from gliomanet.files.atomic import write_atomically
from gliomanet.reporting.study.figures.biomarkers import biomarker_forest
from gliomanet.reporting.study.figures.confusion import confusion_grid
from gliomanet.reporting.study.figures.forest import forest_plot
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.svg import message_figure


def save_figures(results: StudyResults, folder: Path) -> list[Path]:
    """Write `mcc_forest.svg`, `confusion.svg` and `biomarkers.svg`; a figure without content says so.

    Returns:
        The files, in this order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "mcc_forest.svg": forest_plot(results.metrics) or message_figure("No MCC was computed."),
        "confusion.svg": confusion_grid(results.confusion)
        or message_figure("No prediction was compared with a label."),
        "biomarkers.svg": biomarker_forest(results.biomarkers) or message_figure("No biomarker was kept."),
    }
    for name, svg in figures.items():
        write_atomically(folder / name, svg.encode())
    return [folder / name for name in figures]
