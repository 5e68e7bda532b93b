"""Facts to be read before any number: what the report is, and when not to trust it."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.fact import Fact
from gliomanet.case_report.gather.case import ADULT, is_child
from gliomanet.case_report.gather.numbers import percent, whole
from gliomanet.case_report.gather.physical import physical_fact
from gliomanet.patient.result import LEARNT_CASE, LEARNT_CENTER, ResultValues
from gliomanet.patient.statements.statement import Statement

WARNINGS = {
    LEARNT_CASE: "training_case",
    LEARNT_CENTER: "training_center",
    "warning.feature_tables": "from_tables",
}
"""Code of a result's warning → the fact that tells it."""

TOLD_OTHERWISE = frozenset({"simulated", "warning.fast", "warning.not_judged"})
"""Warnings that facts of the bundle and of the verdict tell."""

REASONS = {
    "trust.look_first": "trust.look",
    "trust.look_far": "trust.look",
    "trust.check": "trust.look",
    "trust.more_checks": "trust.look",
    "trust.deep_first": "trust.network",
    "trust.deep_far": "trust.network",
    "trust.features_first": "trust.network",
    "trust.features_far": "trust.network",
    "trust.feature": "trust.network",
    "trust.flag": "trust.flags",
}
"""Code of a reason of the verdict → the fact that tells it; physical findings have a fact each."""


def facts(values: ResultValues) -> Iterator[Fact]:
    """The facts of the banner: every warning of the result, by its own fact or counted among the further ones."""
    found = tuple(_told(values))
    yield from found
    if further := [one for one in values.warnings if not _is_told(one, found)]:
        number = whole("further", len(further), "")
        yield Fact(id="trust.further", section="banner", kind="number", required=True, values=(number,))


def _is_told(warning: Statement, found: tuple[Fact, ...]) -> bool:
    if warning.code in WARNINGS or warning.code in TOLD_OTHERWISE:
        return True
    return REASONS.get(warning.code) in {one.id for one in found} or physical_fact(warning) in found


def _told(values: ResultValues) -> Iterator[Fact]:
    trust = values.trust
    warned = {WARNINGS[one.code] for one in values.warnings if one.code in WARNINGS}
    yield Fact(id="notice", section="banner", kind="statement", required=True)
    if values.bundle.simulated:
        yield Fact(id="simulated", section="banner", kind="statement", required=True)
    for name in (WARNINGS[LEARNT_CASE], WARNINGS[LEARNT_CENTER]):
        if name in warned:
            yield Fact(id=name, section="banner", kind="statement", required=True)
    code = trust.verdict.replace(" ", "_")
    yield Fact(id="trust.verdict", section="banner", kind="verdict", required=True, terms={"verdict": (code,)})
    yield from filter(None, map(physical_fact, trust.reasons))
    look = next((one for one in trust.distances if one.of == "look" and one.alarm and one.counts), None)
    if look is not None:
        alarming = sum(one.alarm for one in trust.checks)
        numbers = (whole("alarming", alarming, "checks"), whole("checks", len(trust.checks), "checks"))
        rate = percent("as_far", look.p)
        yield Fact(id="trust.look", section="banner", kind="share", required=True, values=(*numbers, rate))
    deep = [one for one in trust.distances if one.of != "look" and one.alarm and one.counts]
    if deep:
        rate = percent("as_far", min(one.p for one in deep))
        yield Fact(id="trust.network", section="banner", kind="share", required=True, values=(rate,))
    if is_child(values):
        limit = whole("adult", ADULT, "years")
        yield Fact(id="case.child", section="banner", kind="statement", required=True, values=(limit,))
    if values.preparation.flags:
        number = whole("flags", len(values.preparation.flags), "")
        yield Fact(id="trust.flags", section="banner", kind="number", required=True, values=(number,))
    if values.preparation.names_accepted:
        yield Fact(id="names_accepted", section="banner", kind="statement", required=True)
    if values.bundle.fast:
        yield Fact(id="fast", section="banner", kind="statement", required=True)
    if "from_tables" in warned:
        yield Fact(id="from_tables", section="banner", kind="statement", required=True)
