"""The section on what can and cannot be trusted: warnings, image quality, what is not assessed."""

from __future__ import annotations

from pathlib import Path

from gliomanet.patient.page.plot import Medium
from gliomanet.patient.page.verdict import verdict_of
from gliomanet.patient.page.words import Words
from gliomanet.patient.result import SIMULATED, Quality, ResultValues
from gliomanet.reporting.format import listing
from gliomanet.reporting.quality.captions import NAMES
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table, numeric

_NEVER = "never seen in training: "


def section(values: ResultValues, folder: Path, say: Words, medium: Medium) -> Section:
    """The section; it is never absent."""
    quality = values.preparation.quality
    outside = [one for one in quality if one.outside]
    known = [one for one in quality if one.low is not None]
    bounds = say("trust.no_ranges")
    if known:
        bounds = say("trust.flags", n=len(outside), all=len(known)) if outside else say("trust.inside", all=len(known))
    verdict = verdict_of(values, say)
    warnings = [text for text in values.warnings if text != SIMULATED and text not in values.trust.reasons]
    unseen = [text.removeprefix(_NEVER) for text in values.not_assessed if text.startswith(_NEVER)]
    content = {
        "verdict": verdict,
        "warnings": warnings,
        "bounds": bounds,
        "quality": _table(quality, say),
        "found": values.preparation.found,
        "not_assessed": [text for text in values.not_assessed if not text.startswith(_NEVER)],
        "unseen": listing(unseen),
        "notes": values.notes,
    }
    return Section("trust", say("trust.title"), content)


def simulated_sentence(values: ResultValues) -> str:
    """The warning that goes above everything; empty where no simulated patient trained the model."""
    return SIMULATED if values.bundle.simulated else ""


def _number(value: float) -> str:
    """Three digits, and no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(quality: tuple[Quality, ...], say: Words) -> Table:
    rows = [
        (
            Cell(NAMES.get(one.metric, one.metric.replace("_", " "))),
            numeric(_number(one.value)),
            numeric("" if one.low is None or one.high is None else f"{_number(one.low)} to {_number(one.high)}"),
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
