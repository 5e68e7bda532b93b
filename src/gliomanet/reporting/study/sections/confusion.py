"""Confusion matrices of every model and task."""

from __future__ import annotations

from gliomanet.reporting.format import task_name
from gliomanet.reporting.study.figure import drawn
from gliomanet.reporting.study.figures.confusion import confusion_grid
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy_confusion

LABEL = (
    "Confusion matrices of {} by every model, external and validation cases: rows are the truth, columns the "
    "prediction, numbers are cases."
)


def section(results: StudyResults) -> Section | None:
    """Confusion matrices, where predictions were compared with labels."""
    table = tidy_confusion(results.confusion)
    figures = [
        drawn(
            confusion_grid(rows), f"confusion-{str(task).replace('_', '-')}", LABEL.format(task_name(str(task))), rows
        )
        for task, rows in table.groupby("task", sort=False)
    ]
    shown = [figure for figure in figures if figure]
    return Section("confusion", "Confusion matrices", {"figures": shown}) if shown else None
