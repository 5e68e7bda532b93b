"""Facts of groups: published figures and the study's own patients, of the types that the answers leave open."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.bundle.survival import SurvivalGroup
from gliomanet.case_report.codes import GROUPS
from gliomanet.case_report.fact import Fact, Value
from gliomanet.case_report.gather.case import is_child
from gliomanet.case_report.gather.numbers import decimal, finite, percent, whole
from gliomanet.case_report.gather.types import open_groups
from gliomanet.case_report.knowledge.load import published
from gliomanet.patient.result import ResultValues
from gliomanet.patient.survival import ALL

BANDS = {"all": "any", "≤50": "up_to_50", "50–60": "from_50_to_60", "60–70": "from_60_to_70", ">70": "over_70"}
"""Age band of reference patients → code."""

_OF_REFERENCE = {"wildtype_lower_grade": "wildtype_lower", "wildtype_ungraded": "glioblastoma"}
"""Integrated type → the begin of the code of its reference patients, where that is another."""


def facts(values: ResultValues) -> Iterator[Fact]:
    """The facts of the prognosis: none but the reason where no group may be shown."""
    groups = open_groups(values)
    if not groups or is_child(values):
        reason = (
            "none_unusable" if values.trust.verdict == "do not use" else "none_open" if not groups else "none_child"
        )
        yield Fact(id=f"prognosis.{reason}", section="prognosis", kind="statement", required=True, polarity="no")
        return
    for name in ("if", "unknown"):
        yield Fact(id=f"prognosis.{name}", section="prognosis", kind="statement", required=True)
    for one in published():
        types = tuple(code for code, grades in one.types.items() if set(grades) & set(groups.get(code, ())))
        if types:
            yield Fact(
                id=f"published.{one.id}",
                section="prognosis",
                kind="published",
                required=True,
                terms={"types": types},
                values=one.numbers,
                wording=one.wording,
                sources=one.sources,
            )
    yield from _reference(values, groups)


def _reference(values: ResultValues, groups: dict[str, tuple[str, ...]]) -> Iterator[Fact]:
    """The study's own patients: all centres together, or the only one."""
    reference = values.survival
    if reference is None:
        return
    shown = {f"{_OF_REFERENCE.get(code, code)}_{grade}" for code, grades in groups.items() for grade in grades}
    centers = {one.center for one in reference.groups}
    counted = "pooled" if "pooled" in centers else next(iter(centers)) if len(centers) == 1 else ""
    for one in reference.groups:
        code = GROUPS.get(one.group, "")
        if one.center == counted and code in shown and one.age_band in BANDS:
            yield _group(one, code, simulated=bool(reference.simulated), confidence=reference.confidence)


def _group(one: SurvivalGroup, code: str, *, simulated: bool, confidence: float) -> Fact:
    numbers: list[Value] = [whole("n", one.n, "patients"), whole("deaths", one.deaths, "patients")]
    ends = (("median", one.median_months), ("low", one.median_low), ("high", one.median_high))
    if one.median_months is not None:
        numbers += [decimal(name, months, "months") for name, months in ends if months is not None and finite(months)]
        numbers += [percent("level", confidence)] * (one.median_low is not None)
    band = BANDS[one.age_band]
    return Fact(
        id=f"reference.{code}.{'any' if one.age_band == ALL else band}",
        section="prognosis",
        kind="survival",
        required=True,
        terms={"group": (code,), "band": (band,), "patients": ("simulated" if simulated else "real",)},
        polarity="yes" if one.median_months is not None else "no",
        values=tuple(numbers),
    )
