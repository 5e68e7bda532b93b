"""Sentences of what was measured in the outline."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.fact import Fact, Facts
from gliomanet.case_report.template.said import Said, all_laid_down
from gliomanet.case_report.words.read import ReportWords


def findings(facts: Facts, say: ReportWords) -> Iterator[Said]:
    """The findings."""
    if (outline := facts.get("outline")) is not None:
        yield Said(say(f"findings.by_{outline.term('by')}"), (outline.id,))
    yield from all_laid_down(facts.of("findings"), say)
    if (hidden := facts.get("volume.not_seen")) is not None:
        names = say.listing(say.name("findings.regions", one) for one in hidden.terms["regions"])
        yield Said(say("findings.not_seen", regions=names), (hidden.id,))
    volumes = [one for one in facts.of("findings") if one.kind == "volume"]
    if volumes:
        told = say.listing(_volume(one, say) for one in volumes)
        yield Said(say("findings.volumes", volumes=told), tuple(one.id for one in volumes))
    if (side := facts.get("side")) is not None:
        share = say.number(side.values[0])
        of = say.name("findings.side_of", side.term("of"))
        yield Said(say(f"findings.{side.term('side')}", share=share, of=of), (side.id,))
    for one in facts.under("diameter"):
        name = _sentence_case(say.name("findings.regions", one.term("region")))
        yield Said(say("findings.diameter", region=name, **say.numbers(one)), (one.id,))
    for one in facts.under("vasari"):
        yield _untold(one, say) if one.kind == "list" else _vasari(one, say)


def _volume(fact: Fact, say: ReportWords) -> str:
    region = say.name("findings.regions", fact.term("region"))
    if fact.polarity == "no":
        return say("findings.nothing", region=region)
    return say("findings.volume", region=region, n=say.number(fact.value("volume")))


def _vasari(fact: Fact, say: ReportWords) -> Said:
    numbers = say.numbers(fact)
    bare = {one.name: one.shown for one in fact.values}
    name = say.name("vasari.names", fact.term("feature"))
    value = say.name("vasari.values", fact.term("value")).format(**bare)
    kind = next((one for one in ("share", "pieces") if one in numbers), "mm" if "thickness" in numbers else "")
    key = f"findings.vasari_{kind}" if kind else "findings.vasari"
    return Said(say(key, name=name, value=value, **numbers), (fact.id,))


def _untold(fact: Fact, say: ReportWords) -> Said:
    names = [say.name("vasari.names", one) for one in fact.terms["features"]]
    return Said(say("findings.not_assessed", features=say.listing(map(_lower, names))), (fact.id,))


def _lower(name: str) -> str:
    return name if name[:2].isupper() or name.startswith("T1") else name[:1].lower() + name[1:]


def _sentence_case(name: str) -> str:
    return name[:1].upper() + name[1:]
