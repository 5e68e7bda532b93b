"""Decision curves: what acting on a model would bring, at every threshold."""

from __future__ import annotations

from gliomanet.reporting.study.curves import curve_panels
from gliomanet.reporting.study.figures.curves import decision_panel
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section


def section(results: StudyResults) -> Section | None:
    """Net benefit by task and centre, where it was computed."""
    groups = curve_panels(results, results.decision_curves, "decision", "Net benefit", decision_panel)
    return Section("decision_curves", "Decision curves", {"groups": groups}) if groups else None
