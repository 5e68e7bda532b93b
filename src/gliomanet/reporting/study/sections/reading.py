"""Guide to the page: its words, and the limits of what it says."""

from __future__ import annotations

from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section


def section(results: StudyResults) -> Section:
    """Glossary and limits."""
    settings = results.settings["evaluation"]
    confidence = str(round(100 * settings["confidence"], 1)).removesuffix(".0")
    content = {"confidence": confidence, "resamples": f"{settings['resamples']:,}"}
    return Section("reading", "How to read this page", content)
