"""The content of a patient's page, section by section, from its result alone; a section without content is absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gliomanet.patient.page import answer, explained, limits, support, tumour
from gliomanet.patient.page.made import made
from gliomanet.patient.page.outcomes import external, survival
from gliomanet.patient.page.view import View
from gliomanet.patient.page.words import Words
from gliomanet.patient.result import ResultValues
from gliomanet.reporting.study.section import Section

Make = Callable[[ResultValues, Words, View], Section | None]
SECTIONS: tuple[Make, ...] = (
    limits.section,
    answer.diagnosis,
    answer.tasks,
    support.section,
    explained.attribution,
    tumour.section,
    explained.vasari,
    survival,
    external,
    made,
)
"""In the order of the page: what can be trusted goes before any number."""


def sections_of(values: ResultValues, say: Words, view: View) -> list[Section]:
    """The sections of a result."""
    return [section for make in SECTIONS if (section := make(values, say, view)) is not None]


def head_of(values: ResultValues, say: Words) -> dict[str, Any]:
    """Variables above all sections: whose result it is, and what goes before everything."""
    case = values.case
    age = say("age_unknown") if case.age is None else say("age", age=f"{case.age:g}")
    sex = say(f"sex_{case.sex or 'unknown'}")
    source = values.bundle
    return {
        "title": say("title", case=case.case_id),
        "made_at": values.made_at,
        "facts": [
            age,
            sex,
            say("model", model=source.model, title=source.title, scenario=source.scenario),
            say(
                "made_at", made_at=values.made_at.replace("T", " ").replace("+00:00", " UTC"), version=values.gliomanet
            ),
        ],
        "notice": say.tell(values.notice),
        "simulated": limits.simulated_sentence(values, say),
        "version": values.gliomanet,
    }
