"""Sentences of the model's estimates, and of the integrated type."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.fact import Fact, Facts
from gliomanet.case_report.template.said import Said, laid_down
from gliomanet.case_report.words.read import ReportWords


def estimates(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """The estimates, a question after the other."""
    for fact in facts.of("estimates"):
        yield laid_down(fact, say) if fact.wording else Said(_estimate(fact, say), (fact.id,))


def types(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """The integrated type."""
    for fact in facts.of("type"):
        yield laid_down(fact, say) if fact.wording else Said(_type(fact, say), (fact.id,))


def _estimate(fact: Fact, say: ReportWords) -> str:
    if fact.id == "tasks.untold":
        return say("estimates.untold", n=fact.value("tasks").shown)
    task = say.name("estimates.tasks", fact.term("task"))
    if fact.kind == "set":
        names = [class_name(one, say) for one in fact.terms["set"]]
        level = say.number(fact.value("level"))
        key = "none" if not names else "one" if len(names) == 1 else "several"
        return say(f"estimates.{key}", task=task, level=level, name="".join(names[:1]), names=say.listing(names))
    if fact.id.endswith(".threshold"):
        names = [class_name(one, say) for one in fact.terms["set"]]
        return say(
            "estimates.threshold", task=task, called=class_name(fact.term("called"), say), names=say.listing(names)
        )
    if fact.id.endswith(".no_probabilities"):
        return say("estimates.no_probabilities", task=task)
    if fact.id.endswith(".uncertainty"):
        return say("estimates.uncertainty", task=task, n=say.number(fact.value("uncertainty")))
    shares = say.listing(
        say("estimates.share", name=class_name(one.name, say), n=say.number(one)) for one in fact.values
    )
    return say("estimates.probabilities", task=task, shares=shares)


def class_name(code: str, say: ReportWords) -> str:
    """The word for a class; of a study's own class its place."""
    if say.has("estimates.classes", code):
        return say.name("estimates.classes", code)
    return say("estimates.other_class", n=code.removeprefix("class_"))


def _type(fact: Fact, say: ReportWords) -> str:
    if fact.id == "type.unlike":
        return say("type.unlike", tasks=say.listing(say.name("estimates.tasks", one) for one in fact.terms["tasks"]))
    if fact.id == "type.miss":
        return say("type.miss", **say.numbers(fact))
    if fact.kind == "share":
        shares = say("type.separator").join(
            say("type.share", name=say.name("type.names", one.name), n=say.number(one)) for one in fact.values
        )
        return say("type.probabilities", shares=shares)
    names = [say.name("type.names", one) for one in fact.terms["types"]]
    key = "one" if len(names) == 1 else "several"
    return say(f"type.{key}", name=names[0], names=say("type.separator").join(names))
