"""The making of a result: images, steps, versions and digests."""

from __future__ import annotations

from gliomanet.patient.page.view import View
from gliomanet.patient.page.words import Words
from gliomanet.patient.result import InputFile, ResultValues
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table, numeric


def made(values: ResultValues, say: Words, view: View) -> Section:
    """The section; it is never absent."""
    source = values.bundle
    content = {
        "inputs": _table(values.inputs, say),
        "lines": [
            say("model", model=source.model, title=source.title, scenario=source.scenario),
            say("made.bundle", digest=source.digest),
            say("made.version", version=values.gliomanet, schema=values.schema_version),
            *([say("made.fast")] if source.fast else []),
        ],
        "steps": [say.tell(one) for one in values.preparation.steps],
    }
    return Section("made", say("made.title"), content)


def _table(inputs: tuple[InputFile, ...], say: Words) -> Table:
    rows = []
    for one in inputs:
        name = say("made.tumour_mask") if one.image == "tumour_mask" else say.named("modality", one.image)
        voxels = "" if one.voxels is None else " × ".join(str(n) for n in one.voxels)
        size = "" if one.voxel_mm is None else " × ".join(f"{mm:.3g}" for mm in one.voxel_mm)
        cells = (Cell(name), numeric(voxels), numeric(size), Cell(one.orientation), Cell(one.digest[:16] + "…"))
        rows.append(cells)
    columns = (
        Column(say("made.image")),
        Column(say("made.voxels"), True),
        Column(say("made.size"), True),
        Column(say("made.orientation")),
        Column(say("made.digest")),
    )
    return Table("inputs", say("made.inputs"), columns, tuple(rows))
