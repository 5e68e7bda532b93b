"""The section on what can and cannot be trusted: warnings, image quality, what is not assessed."""

from __future__ import annotations

from gliomanet.patient.page.verdict import verdict_of
from gliomanet.patient.page.view import View
from gliomanet.patient.page.words import Words
from gliomanet.patient.result import Quality, ResultValues, simulated
from gliomanet.patient.statements.statement import Statement
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table, numeric

SIMULATED = simulated().code


def section(values: ResultValues, say: Words, view: View) -> Section:
    """The section; it is never absent."""
    quality = values.preparation.quality
    outside = [one for one in quality if one.outside]
    known = [one for one in quality if one.low is not None]
    bounds = say("trust.no_ranges")
    if known:
        bounds = say("trust.flags", n=len(outside), all=len(known)) if outside else say("trust.inside", all=len(known))
    verdict = verdict_of(values, say)
    content = {
        "simulated": simulated_sentence(values, say),
        "verdict": verdict,
        "cautions": [say.tell(one) for one in _cautions(values)],
        "protocol": [say.tell(one) for one in values.protocol],
        "bounds": bounds,
        "quality": _table(quality, say),
        "is_odd": bool(outside) or not verdict["is_calm"],
        "found": [say.tell(one) for one in values.preparation.found],
        "not_assessed": [say.tell(one) for one in values.not_assessed],
        "notes": [say.tell(one) for one in values.notes],
    }
    return Section("trust", say("trust.title"), content)


def _cautions(values: ResultValues) -> list[Statement]:
    """The warnings and the verdict's reasons in their order, each once; that of simulated patients stands above all."""
    every = {one.text: one for one in (*values.warnings, *values.trust.reasons)}
    return [one for one in every.values() if one.code != SIMULATED]


def simulated_sentence(values: ResultValues, say: Words) -> str:
    """The warning that goes above everything; empty where no simulated patient trained the model."""
    return say.tell(simulated()) if values.bundle.simulated else ""


def _number(value: float) -> str:
    """Three digits, and no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(quality: tuple[Quality, ...], say: Words) -> Table:
    rows = [
        (
            Cell(say.named("quality", one.metric)),
            numeric(_number(one.value)),
            numeric(
                ""
                if one.low is None or one.high is None
                else say("range", low=_number(one.low), high=_number(one.high))
            ),
            Cell(say("trust.outside"), kind="gap") if one.outside else Cell(),
        )
        for one in quality
    ]
    columns = (
        Column(say("trust.metric")),
        Column(say("trust.value"), True),
        Column(say("trust.range"), True),
        Column(""),
    )
    return Table("quality", say("trust.quality"), columns, tuple(rows))
