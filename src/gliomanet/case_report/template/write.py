"""The report by template: deterministic, offline, every sentence from facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gliomanet.case_report.fact import SECTIONS, Facts, Language, Section
from gliomanet.case_report.report import Report, Sentence
from gliomanet.case_report.template import answers, before, findings, groups
from gliomanet.case_report.template.said import Said
from gliomanet.case_report.words.read import ReportWords, words

_WRITERS: dict[Section, Callable[[Facts, ReportWords], Iterator[Said]]] = {
    "banner": before.banner,
    "case": before.case,
    "images": before.images,
    "findings": findings.findings,
    "estimates": answers.estimates,
    "type": answers.types,
    "prognosis": groups.prognosis,
    "questions": groups.questions,
    "comparison": groups.comparison,
    "limits": groups.limits,
}


def write_template(facts: Facts, language: Language) -> Report:
    """The report of facts; equal facts give equal reports, and every fact is stated once in each language."""
    say = words(language)
    sentences = tuple(
        Sentence(section=section, text=said.text, fact_ids=said.fact_ids)
        for section in SECTIONS
        for said in _WRITERS[section](facts, say)
    )
    return Report(language=language, sentences=sentences, written_by="template", why="")
