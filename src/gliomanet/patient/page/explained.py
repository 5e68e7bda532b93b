"""Explanations of the answers: attribution by voxel, the worth of inputs, VASARI's features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gliomanet.patient.explained import AttributionMap, Worth
from gliomanet.patient.page.support import points
from gliomanet.patient.page.tumour import share_of
from gliomanet.patient.page.view import View
from gliomanet.patient.page.words import Words
from gliomanet.patient.result import ResultValues
from gliomanet.reporting.format import number
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table, numeric

ATTRIBUTION = "pictures/attribution_"
"""Opening of the pictures of attribution; a task's name follows."""


def attribution(values: ResultValues, say: Words, view: View) -> Section | None:
    """Overlays of attribution with their figures; absent where none was drawn and nothing is worth anything."""
    maps, worth = values.explained.attribution, values.explained.worth_of_inputs
    place = {one.task: at for at, one in enumerate(values.tasks)}
    maps = tuple(sorted(maps, key=lambda one: place.get(one.task, len(place))))
    files = [name for name in values.files if name.startswith(ATTRIBUTION)]
    files.sort(key=lambda name: place.get(_task_of(name), len(place)))
    if not files and not maps and not worth:
        return None
    pictures = []
    for file in files:
        name = say.task(_task_of(file))
        pictures.append({"address": view.picture(file), "label": say("attribution.label", name=name)})
    content = {
        "pictures": pictures,
        "maps": _maps(maps, say) if maps else None,
        "worth": [_worth(one, say) for one in worth],
    }
    return Section("attribution", say("attribution.title"), content)


def _task_of(file: str) -> str:
    return Path(file).stem.removeprefix(Path(ATTRIBUTION).name)


def vasari(values: ResultValues, say: Words, view: View) -> Section | None:
    """VASARI's features that an outline tells; absent where the result has none."""
    found = values.vasari
    if found is None:
        return None
    rows = []
    for one in found.features:
        measured = "" if one.measured is None else measured_in(one.measured, one.unit, say)
        value = Cell(say("vasari.not_assessed"), kind="muted") if one.value is None else Cell(say.tell(one.value))
        rows.append(
            (Cell(say.tell(one.name)), Cell(one.code), value, numeric(measured), Cell(say.tell(one.note), kind="note"))
        )
    titles = (Column(say("vasari.feature")), Column(say("vasari.code")), Column(say("vasari.value")))
    columns = (*titles, Column(say("vasari.measured"), True), Column(say("vasari.note")))
    table = Table("vasari", say("vasari.caption"), columns, tuple(rows))
    sizes = [
        say(
            "vasari.diameter",
            region=say.name("tumour.region", one.region),
            largest=f"{one.largest_mm:.0f}",
            other=f"{one.perpendicular_mm:.0f}",
        )
        for one in found.diameters
    ]
    return Section("vasari", say("vasari.title"), {"table": table, "sizes": sizes})


def measured_in(value: float, unit: str, say: Words) -> str:
    """`67 %` of a share, `2 pieces`, `4.1 mm`."""
    if unit == "share":
        return share_of(value)
    if unit == "pieces":
        return say("vasari.one_piece" if value == 1 else "vasari.pieces", n=f"{value:.0f}")
    return f"{value:.3g} {say.named('unit', unit)}"


def _maps(maps: Sequence[AttributionMap], say: Words) -> Table:
    rows = []
    for one in maps:
        shares = [
            "" if share is None else f"{100 * share:.0f} %" for share in (one.in_tumour, one.tumour_share_of_brain)
        ]
        evidence = (number(one.evidence), number(one.start), number(one.additivity_gap, 3), *shares)
        rows.append(
            (
                Cell(say.task(one.task)),
                Cell(say.named("class", one.called)),
                Cell(one.model),
                *(numeric(text) for text in evidence),
            )
        )
    columns = [Column(say(f"attribution.{name}")) for name in ("task", "called", "model")]
    names = ("evidence", "start", "gap", "in_tumour", "of_brain")
    columns += [Column(say(f"attribution.{name}"), True) for name in names]
    return Table("attribution", say("attribution.caption"), tuple(columns), tuple(rows))


def _worth(one: Worth, say: Words) -> Table:
    rows = [(Cell(say.named("input", name)), numeric(points(value))) for name, value in one.groups.items()]
    columns = (Column(say("support.input")), Column(say("support.change"), True))
    caption = say("support.worth_caption", task=say.task(one.task), called=say.named("class", one.called))
    return Table(f"inputs-{one.task}", caption, columns, tuple(rows))
