"""Sentences of what goes before the findings: the banner, the patient and the images, the pictures."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.fact import Fact, Facts
from gliomanet.case_report.gather.physical import PHYSICAL
from gliomanet.case_report.template.said import Said, laid_down
from gliomanet.case_report.words.read import ReportWords


def banner(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """To be read before any number."""
    for fact in facts.of("banner"):
        if fact.wording:
            yield laid_down(fact, say)
        elif fact.kind == "verdict":
            yield Said(say(f"trust.{fact.term('verdict')}"), (fact.id,))
        elif fact.id == "trust.flags":
            yield Said(say("trust.flags", n=fact.value("flags").shown), (fact.id,))
        elif (found := ".".join(fact.id.split(".")[:2])) in PHYSICAL:
            yield Said(say(found, **_modalities(fact, say), **say.numbers(fact)), (fact.id,))
        else:
            yield Said(say(fact.id, **say.numbers(fact)), (fact.id,))


def case(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """The patient and the images."""
    sex = say.name("case.sex", facts["case.sex"].term("sex"))
    yield Said(say("case.patient", sex=sex, age=_age(facts["case.age"], say)), ("case.sex", "case.age"))
    if (stood_for := facts.get("case.stood_for")) is not None:
        yield laid_down(stood_for, say)
    sequences = [one for one in facts.of("case") if one.kind == "sequence"]
    given = [one for one in sequences if one.polarity == "yes"]
    missing = [one for one in sequences if one.polarity == "no"]
    if given:
        yield Said(say("case.given", names=_sequences(given, say)), tuple(one.id for one in given))
    if missing:
        names = say.listing(say.name("case.sequences", one.term("sequence")) for one in missing)
        yield Said(say("case.missing", names=names), tuple(one.id for one in missing))
    yield laid_down(facts["sequence.dwi"], say)
    if (quality := facts.get("quality.outside")) is not None:
        yield Said(say("case.outside", **say.numbers(quality)), (quality.id,))


def images(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """The key pictures."""
    fact = facts["pictures"]
    number = fact.get("pictures")
    yield Said(say("images.none") if number is None else say("images.shown", n=number.shown), (fact.id,))


def _modalities(fact: Fact, say: ReportWords) -> dict[str, str]:
    """Role → modalities of a fact by name."""
    names = {role: [say.name("case.sequences", one) for one in ones] for role, ones in fact.terms.items()}
    return {role: say.listing(ones) for role, ones in names.items()}


def _age(fact: Fact, say: ReportWords) -> str:
    age = fact.get("age")
    if age is None:
        return say("case.age_unknown")
    return say("case.age_over" if age.bound else "case.age", age=age.shown)


def _sequences(facts: list[Fact], say: ReportWords) -> str:
    """The sequences with their voxels, which are told once where all are alike."""
    sizes = {tuple(say.number(one) for one in fact.values) for fact in facts}
    if len(facts) == 1 or len(sizes) > 1 or sizes == {()}:
        return say.listing(_sequence(one, say) for one in facts)
    ((x, y, z),) = sizes
    names = say.listing(say.name("case.sequences", one.term("sequence")) for one in facts)
    return say("case.sequences_alike", names=names, x=x, y=y, z=z)


def _sequence(fact: Fact, say: ReportWords) -> str:
    name = say.name("case.sequences", fact.term("sequence"))
    if not fact.values:
        return name
    x, y, z = (say.number(one) for one in fact.values)
    return say("case.sequence", name=name, x=x, y=y, z=z)
