"""Survival of groups of the study's people, in plain words, for a person who asked for it; nothing of that person."""

from __future__ import annotations

import re

from gliomanet.app.for_patients.answers import TYPES
from gliomanet.app.for_patients.part import Part, Point, points
from gliomanet.app.for_patients.standing import standing_of
from gliomanet.bundle.survival import SurvivalGroup
from gliomanet.patient.result import ResultValues
from gliomanet.patient.survival import ALL, IDH_GROUPS, ReferenceSurvival
from gliomanet.reporting.wording import Wording

POOLED = "pooled"
_GRADE = re.compile(r"(.*), grade ([234])(?: \(no type of WHO 2021\))?")
_NAMES = {
    **TYPES,
    "oligodendroglioma, IDH-mutant, 1p/19q-codeleted": "oligodendroglioma",
    IDH_GROUPS["wildtype"]: "idh_wildtype",
    IDH_GROUPS["mutant"]: "idh_mutant",
}
"""Group without its grade → key of its plain words."""


def reason_for_none(values: ResultValues, say: Wording) -> str:
    """The reason why no figure can be shown, even if it is asked for; empty where there are some."""
    standing = standing_of(values)
    if standing == "do_not_use":
        return say("groups.not_used")
    found = values.survival
    if standing == "simulated" or (found is not None and found.centers and not _real_centers(found)):
        return say("groups.not_real")
    if found is None:
        return say("groups.lacking")
    return "" if _real(found) else say("groups.none_large")


def groups(values: ResultValues, say: Wording, *, asked_for: bool) -> Part:
    """The part on other people: the question, or the figures where they were asked for."""
    title, none = say("groups.title"), reason_for_none(values, say)
    if none:
        return Part("groups", title, points(none))
    if not asked_for or values.survival is None:
        return Part("groups", title, points(say("groups.ask"), say("groups.ask_2"), say("groups.ask_3")))
    found = values.survival
    types = say("groups.open") if len(found.types) > 1 else ""
    lead = points(
        say("groups.about"),
        say("groups.clash") if found.contradictory else types,
        say("groups.type_known"),
        say("groups.surgery"),
        say("groups.old"),
        say("groups.unlike") if found.simulated else "",
    )
    shown = _real(found)
    named = dict.fromkeys(one.group for one in shown)
    parts = tuple(
        Part(
            f"group-{place}",
            group_name(name, say),
            tuple(_figures(one, say) for one in shown if one.group == name),
        )
        for place, name in enumerate(named, start=1)
    )
    small = [group_name(name, say) for name in found.types if name not in named]
    return Part("groups", title, (*lead, *_small(small, say)), parts)


def group_name(name: str, say: Wording) -> str:
    """A group in plain words, with its grade where it has one.

    Raises:
        KeyError: no such group is known.
    """
    parts = _GRADE.fullmatch(name)
    base, grade = parts.groups() if parts else (name, "")
    kind = say(f"type.short.{_NAMES[base]}")
    return say("type.of_grade", type=kind, grade=grade) if grade else kind


def _small(names: list[str], say: Wording) -> tuple[Point, ...]:
    return (Point(say("groups.small"), tuple(names)),) if names else ()


def _real_centers(found: ReferenceSurvival) -> tuple[str, ...]:
    return tuple(name for name in found.centers if name not in found.simulated)


def _real(found: ReferenceSurvival) -> list[SurvivalGroup]:
    """The groups of people: of all hospitals together where there are several and none is simulated, else of each."""
    pooled = [one for one in found.groups if one.center == POOLED]
    if pooled and not found.simulated:
        return pooled
    return [one for one in found.groups if one.center != POOLED and one.center not in found.simulated]


def _figures(one: SurvivalGroup, say: Wording) -> Point:
    """A group: who they were, and how many were alive after some years."""
    who = say("groups.all_ages") if one.age_band == ALL else say.sentences["groups"]["of_age"][one.age_band]
    lead = say("groups.pooled", n=one.n, who=who)
    if one.center != POOLED:
        lead = say("groups.center", n=one.n, who=who, center=one.center)
    items = []
    for at in one.at_years:
        counts = {"n": round(100 * at.survival), "low": round(100 * at.low), "high": round(100 * at.high)}
        items.append(
            say("groups.alive_one", **counts) if at.years == 1 else say("groups.alive", years=at.years, **counts)
        )
    if one.median_months is not None:
        items.append(say("groups.median", months=f"{one.median_months:.0f}"))
    else:
        items.append(say("groups.not_reached" if one.note.endswith("not reached") else "groups.few"))
    return Point(lead, tuple(items))
