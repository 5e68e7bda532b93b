"""The tumour: volumes, pictures with its outline, and overlays of attribution where there are any."""

from __future__ import annotations

from typing import Any

from gliomanet.patient.page.answer import percent
from gliomanet.patient.page.view import View
from gliomanet.patient.page.words import Words
from gliomanet.patient.pictures.draw import OUTLINES
from gliomanet.patient.pictures.picture import Picture
from gliomanet.patient.result import ResultValues, Segmentation
from gliomanet.reporting.format import MINUS
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table, numeric


def section(values: ResultValues, say: Words, view: View) -> Section | None:
    """Volumes and pictures; absent where there are neither."""
    found = values.segmentation
    if found is None and not values.pictures:
        return None
    lead = say("tumour.none")
    if found is not None:
        kind, _, model = found.source.partition(" ")
        lead = say(f"tumour.source_{kind}", model=model)
    empty = found is not None and not any(one.volume_ml > 0 for one in found.volumes)
    drawn = {part for one in values.pictures for part in one.outlined}
    planes = say("tumour.most_tumour" if found is not None and not empty else "tumour.middle")
    content = {
        "convention": say("tumour.convention", planes=planes),
        "lead": say("tumour.empty") if empty else lead,
        "volumes": _table(found, say) if found is not None else None,
        "groups": [_group(group, say, view) for group in _by_image(values.pictures)],
        "legend": [
            {"name": say.name("tumour.region", part), "line": say.name("tumour.line", part), "part": part.split()[0]}
            for part, *_ in OUTLINES
            if part in drawn
        ],
    }
    return Section("tumour", say("tumour.title"), content)


def _by_image(pictures: tuple[Picture, ...]) -> list[list[Picture]]:
    groups: dict[tuple[str, str], list[Picture]] = {}
    for one in pictures:
        groups.setdefault((one.space, one.modality), []).append(one)
    return list(groups.values())


def _group(pictures: list[Picture], say: Words, view: View) -> dict[str, Any]:
    first = pictures[0]
    return {
        "title": say(f"tumour.{first.space}", modality=say.named("modality", first.modality)),
        "pictures": [_shown(one, say, view) for one in pictures],
    }


def _shown(one: Picture, say: Words, view: View) -> dict[str, Any]:
    position = f"{abs(one.position_mm):.0f}"
    told = {"plane": say(f"tumour.{one.plane}"), "slice": one.slice, "slices": one.slices}
    parts = say.listing(say.name("tumour.region", part) for part in one.outlined)
    outlined = say("tumour.outlined", parts=parts) if one.outlined else say("tumour.not_outlined")
    return {
        "address": view.picture(one.file),
        "width": one.width,
        "height": one.height,
        "label": say("tumour.picture_label", modality=say.named("modality", one.modality), outlined=outlined, **told),
        "words": say("tumour.picture", position=f"{MINUS if one.position_mm < -0.5 else ''}{position}", **told),
    }


def share_of(share: float) -> str:
    """`67 %` of a share of counted voxels; of one that is nearly nothing or all, `< 1 %` or `> 99 %`."""
    return f"{share:.0%}".replace("%", " %") if share in (0, 1) else percent(share)


def _table(found: Segmentation, say: Words) -> Table:
    rows = []
    for one in found.volumes:
        left = "" if one.left_share is None else share_of(one.left_share)
        right = "" if one.left_share is None else share_of(1 - one.left_share)
        name = say.name("tumour.region", one.region)
        numbers = (f"{one.volume_ml:,.1f}", left, right, f"{one.on_atlas_ml:,.1f}")
        rows.append((Cell(name), *(numeric(text) for text in numbers)))
    titles = ("volume", "left", "right", "atlas_volume")
    columns = (Column(say("tumour.part")), *(Column(say(f"tumour.{title}"), True) for title in titles))
    return Table("volumes", say("tumour.volumes"), columns, tuple(rows))
