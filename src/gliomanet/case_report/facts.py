"""The facts of a result, for a report: from `result.json` alone, and without identity.

No case id, no date, no age above 89, no name of a file and no free text is among them.
"""

from __future__ import annotations

from gliomanet.case_report.fact import LANGUAGES, SECTIONS, Fact, Facts, Language, Section, Source, Value
from gliomanet.case_report.gather import asked, case, estimates, findings, images, limits, published, trust, types
from gliomanet.case_report.knowledge.load import statements
from gliomanet.patient.result import ResultValues

__all__ = ["LANGUAGES", "SECTIONS", "Fact", "Facts", "Language", "Section", "Source", "Value", "facts_of"]

_PARTS = (trust, case, images, findings, estimates, types, published, asked, limits)


def facts_of(values: ResultValues) -> Facts:
    """The facts of a result, in the order of a report's sections; equal results give equal facts."""
    gathered = [_worded(fact) for part in _PARTS for fact in part.facts(values)]
    return Facts(facts=tuple(sorted(gathered, key=lambda one: SECTIONS.index(one.section))))


def _worded(fact: Fact) -> Fact:
    """The fact with the words that are laid down for it."""
    found = statements().get(fact.id)
    return fact if found is None else fact.model_copy(update={"wording": found})
