"""ROC and precision–recall curves."""

from __future__ import annotations

from gliomanet.reporting.study.curves import curve_panels
from gliomanet.reporting.study.figures.curves import precision_panel, roc_panel
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section


def section(results: StudyResults) -> Section | None:
    """Curves by task and centre, where they were computed."""
    roc = curve_panels(results, results.roc_curves, "roc", "ROC curve", roc_panel)
    precision = curve_panels(results, results.roc_curves, "precision", "Precision and recall", precision_panel)
    return Section("roc", "ROC and precision–recall", {"roc": roc, "precision": precision}) if roc else None
