"""Confusion matrices of every model and task."""

from __future__ import annotations

from gliomanet.reporting.study.figures.confusion import confusion_grid
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section, drawn

LABEL = (
    "Confusion matrices of every model and task, external and validation cases: rows are the truth, columns the "
    "prediction, numbers are cases."
)


def section(results: StudyResults) -> Section | None:
    """Confusion matrices, where predictions were compared with labels."""
    figure = drawn(confusion_grid(results.confusion), "confusion", LABEL)
    return Section("confusion", "Confusion matrices", {"figure": figure}) if figure else None
