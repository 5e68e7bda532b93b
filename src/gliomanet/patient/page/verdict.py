"""The verdict on whether to trust a result, with its reasons, distances and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gliomanet.patient.page.words import Words
from gliomanet.patient.result import ResultValues
from gliomanet.patient.trust.said import Distance
from gliomanet.reporting.table import Cell, Column, Table, numeric


def verdict_of(values: ResultValues, say: Words) -> dict[str, Any]:
    """Variables of the section on trust."""
    trust = values.trust
    rate = "" if trust.false_alarms is None else say("trust.false_alarms", share=f"{100 * trust.false_alarms:.3g} %")
    return {
        "verdict": say(f"trust.verdicts.{trust.verdict.replace(' ', '_')}"),
        "is_calm": trust.verdict == "usable",
        "false_alarms": rate,
        "distances": _table(trust.distances, say),
        "notes": [say.tell(one) for one in trust.notes],
    }


def _table(distances: Sequence[Distance], say: Words) -> Table:
    rows = []
    for one in distances:
        alarm = Cell(say("trust.alarm"), kind="gap") if one.alarm and one.counts else Cell()
        counts = "" if one.counts else say("trust.does_not_count")
        numbers = (f"{one.distance:.3g}", f"{one.p:.3g}", f"{one.alarm_at:.3g}", f"{one.held_out:,}")
        names = {"look": "of_look", "deep features": "of_deep", "radiomic features": "of_features"}
        of = say(f"trust.{names[one.of]}", **({"model": one.model} if one.model else {}))
        rows.append((Cell(of, counts), *(numeric(text) for text in numbers), alarm))
    titles = ("distance", "p", "alarm_at", "held_out")
    columns = (Column(say("trust.of")), *(Column(say(f"trust.{name}"), True) for name in titles), Column(""))
    return Table("distances", say("trust.distances"), columns, tuple(rows))
