"""Questions for the team that a guideline supports, as facts."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.fact import Fact
from gliomanet.case_report.gather.types import open_groups
from gliomanet.case_report.knowledge.load import When, questions
from gliomanet.modalities import MODALITIES
from gliomanet.patient.result import ResultValues


def facts(values: ResultValues) -> Iterator[Fact]:
    """The facts of the questions."""
    yield Fact(id="questions.lead", section="questions", kind="statement", required=True)
    occasions = _occasions(values)
    for one in questions():
        if one.when in occasions:
            yield Fact(
                id=f"question.{one.id}",
                section="questions",
                kind="question",
                required=True,
                wording=one.wording,
                sources=one.sources,
            )


def _occasions(values: ResultValues) -> set[When]:
    groups = open_groups(values)
    found: set[When] = {"always"}
    if set(MODALITIES) - {one.image for one in values.inputs}:
        found.add("sequence_missing")
    if any(code.startswith(("glioblastoma", "wildtype")) for code in groups):
        found.add("wildtype_open")
    if "astrocytoma" in groups:
        found.add("mutant_open")
    if any({"2", "3"} & set(grades) for grades in groups.values()):
        found.add("lower_grade_open")
    return found
