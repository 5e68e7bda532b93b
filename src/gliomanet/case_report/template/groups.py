"""Sentences of groups of patients, of the questions for the team, and of the limits."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.fact import Fact, Facts
from gliomanet.case_report.template.said import Said, all_laid_down, laid_down
from gliomanet.case_report.words.read import ReportWords


def prognosis(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """Published groups and the study's own patients."""
    for fact in facts.of("prognosis"):
        yield laid_down(fact, say) if fact.wording else Said(_reference(fact, say), (fact.id,))


def questions(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """The questions for the team."""
    return all_laid_down(facts.of("questions"), say)


def comparison(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """The comparison with earlier examinations."""
    return all_laid_down(facts.of("comparison"), say)


def limits(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """The limits."""
    for fact in facts.of("limits"):
        yield laid_down(fact, say) if fact.wording else Said(_external(fact, say), (fact.id,))


def _reference(fact: Fact, say: ReportWords) -> str:
    numbers = say.numbers(fact)
    told = {
        "group": say.name("reference.groups", fact.term("group")),
        "band": say.name("reference.bands", fact.term("band")),
        "simulated": say("reference.simulated") if fact.term("patients") == "simulated" else "",
        "n": numbers["n"],
        "deaths": numbers["deaths"],
    }
    if "median" not in numbers:
        return say("reference.few", **told)
    return say("reference.median", **told, median=numbers["median"], interval=_interval(numbers, "reference", say))


def _external(fact: Fact, say: ReportWords) -> str:
    numbers = say.numbers(fact)
    task = say.name("estimates.tasks", fact.term("task"))
    if not numbers:
        return say("external.untested", task=task)
    if "auc" not in numbers:
        return say("external.none", task=task, n=numbers["n"])
    told = {"task": task, "n": numbers["n"], "auc": numbers["auc"], "interval": _interval(numbers, "external", say)}
    if "reference" not in numbers:
        return say("external.alone", **told)
    return say("external.beside", **told, reference=numbers["reference"])


def _interval(numbers: dict[str, str], part: str, say: ReportWords) -> str:
    if "low" in numbers and "high" in numbers:
        return say(f"{part}.interval", **numbers)
    if "low" in numbers and part == "reference":
        return say("reference.low_only", **numbers)
    return ""
