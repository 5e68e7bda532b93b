"""The study's figures as files: equal tables give equal bytes."""

from __future__ import annotations

from pathlib import Path

from gliomanet.files.atomic import write_atomically
from gliomanet.reporting.study.figures.biomarkers import biomarker_forest
from gliomanet.reporting.study.figures.confusion import confusion_grid
from gliomanet.reporting.study.figures.forest import forest_plot
from gliomanet.reporting.study.figures.links import link_map
from gliomanet.reporting.study.figures.shap import shap_summary
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.svg import message_figure


def save_figures(results: StudyResults, folder: Path) -> list[Path]:
    """Write the study's figures and those of each explained model; a figure without content says so.

    These are `mcc_forest.svg`, `confusion.svg`, `biomarkers.svg`, and `shap/<model>.svg` and `links/<model>.svg`.

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
    max_q = results.settings["explanation"]["max_q"] if results.links else 0.0
    for model, values in results.shap_values.items():
        figures[f"shap/{model}.svg"] = shap_summary(values) or message_figure(f"Nothing of {model} was explained.")
    for model, links in results.links.items():
        drawn = link_map(links, results.biomarkers[model], max_q)
        figures[f"links/{model}.svg"] = drawn or message_figure(f"Nothing is linked to a deep feature of {model}.")
    for name, svg in figures.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, svg.encode())
    return [folder / name for name in figures]
