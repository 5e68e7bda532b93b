"""Facts of the key pictures of a report."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.fact import Fact, Polarity
from gliomanet.case_report.gather.numbers import whole
from gliomanet.patient.pictures.picture import Picture
from gliomanet.patient.result import ResultValues

MOST = 4


def key_pictures(values: ResultValues) -> tuple[Picture, ...]:
    """The pictures that a report shows: axial ones of the scanner's files, else the first of all."""
    axial = [one for one in values.pictures if one.plane == "axial" and one.space == "scanner"]
    return tuple(axial or values.pictures)[:MOST]


def facts(values: ResultValues) -> Iterator[Fact]:
    """The facts of the pictures."""
    number = len(key_pictures(values))
    polarity: Polarity = "yes" if number else "no"
    shown = (whole("pictures", number, "pictures"),) if number else ()
    yield Fact(id="pictures", section="images", kind="number", required=True, polarity=polarity, values=shown)
