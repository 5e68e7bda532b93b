"""Reporting guidelines, item by item: what the run answers, and what is left to the author."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gliomanet.reporting.embed import data_address
from gliomanet.reporting.format import plural
from gliomanet.reporting.study.guidelines.guideline import Answer, Guideline, answered, guidelines, known_facts
from gliomanet.reporting.study.guidelines.markdown import checklist
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table

STATES = {"run": "answered by the run", "run and author": "partly: author", "author": "author"}


def section(results: StudyResults) -> Section:
    """Every guideline with its answers."""
    facts = known_facts(results)
    shown = [_shown(name, guideline, answered(guideline, facts)) for name, guideline in guidelines().items()]
    return Section("guidelines", "Reporting guidelines, and what is missing for a submission", {"guidelines": shown})


def _shown(name: str, guideline: Guideline, answers: Sequence[Answer]) -> dict[str, Any]:
    text = checklist(guideline, answers)
    return {
        "name": guideline.name,
        "about": guideline.about,
        "source": guideline.source,
        "summary": summary(answers),
        "table": answers_table(name, guideline, answers),
        "file": f"{name}.md",
        "address": data_address("text/markdown", text.encode()),
    }


def summary(answers: Sequence[Answer]) -> str:
    """Count the items by who answers them."""
    states = [answer.state for answer in answers]
    return (
        f"Of {plural(len(answers), 'item')} the run answers {states.count('run')}, {states.count('run and author')} "
        f"in part, and {states.count('author')} are the author's."
    )


def answers_table(name: str, guideline: Guideline, answers: Sequence[Answer]) -> Table:
    """A row per item: what it asks, what the run says and where, and what is missing."""
    rows = tuple(
        (
            Cell(answer.item.item),
            Cell(answer.item.asks, answer.item.section),
            Cell(STATES[answer.state]),
            Cell(" ".join(fact.text for fact in answer.facts), places(answer)),
            Cell(answer.missing, kind="gap" if answer.missing else ""),
        )
        for answer in answers
    )
    columns = (
        *(Column("Item"), Column("Asks for"), Column("State", choose=True)),
        *(Column("The run says"), Column("Left to the author")),
    )
    return Table(
        f"guideline-{name.replace('_', '-')}", f"{guideline.name} ({guideline.source}).", columns, rows, filterable=True
    )


def places(answer: Answer) -> str:
    """Places of an answer's facts in the results, each once."""
    found = dict.fromkeys(fact.place for fact in answer.facts)
    return ", ".join(f"on this page: {place[1:]}" if place.startswith("#") else place for place in found)
