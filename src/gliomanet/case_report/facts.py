"""The facts of a result, for a report: from `result.json` alone, and without identity.

No case id, no date, no age above 89, no name of a file and no free text is among them.
"""

from __future__ import annotations

from gliomanet.case_report.fact import LANGUAGES, SECTIONS, Fact, Facts, Language, Section, Source, Value
from gliomanet.case_report.gather import case, estimates, findings, trust, types
from gliomanet.patient.result import ResultValues

__all__ = ["LANGUAGES", "SECTIONS", "Fact", "Facts", "Language", "Section", "Source", "Value", "facts_of"]


def facts_of(values: ResultValues) -> Facts:
    """The facts of a result, in the order of a report's sections; equal results give equal facts."""
    gathered = [fact for part in (trust, case, findings, estimates, types) for fact in part.facts(values)]
    return Facts(facts=tuple(sorted(gathered, key=lambda one: SECTIONS.index(one.section))))
