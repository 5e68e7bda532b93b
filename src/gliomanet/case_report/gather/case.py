"""Facts of the patient and of the images that were given, and the sequences that were not."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.fact import Fact, Value
from gliomanet.case_report.gather.numbers import decimal, finite, whole
from gliomanet.modalities import MODALITIES
from gliomanet.patient.result import ResultValues

OLDEST = 89
"""An age above it identifies a patient: it is told as `over 89`."""

ADULT = 18
"""Of younger patients the classification of adult-type gliomas, and all that stands on it, may not hold."""


def facts(values: ResultValues) -> Iterator[Fact]:
    """The facts of the case."""
    yield _age(values.case.age)
    sex = {"F": "female", "M": "male", "": "unknown"}[values.case.sex]
    yield Fact(id="case.sex", section="case", kind="class", terms={"sex": (sex,)})
    if values.case.age is None or sex == "unknown":
        yield Fact(id="case.stood_for", section="case", kind="statement", required=True)
    given = {one.image: one for one in values.inputs}
    for name in MODALITIES:
        voxel = given[name].voxel_mm if name in given else None
        sizes = () if voxel is None else tuple(decimal(f"axis_{n}", mm, "mm") for n, mm in enumerate(voxel, start=1))
        yield Fact(
            id=f"sequence.{name}",
            section="case",
            kind="sequence",
            required=True,
            polarity="yes" if name in given else "no",
            terms={"sequence": (name,)},
            values=sizes,
        )
    yield Fact(id="sequence.dwi", section="case", kind="statement", required=True, terms={"sequence": ("dwi",)})
    if outside := [one for one in values.preparation.quality if one.outside]:
        known = [one for one in values.preparation.quality if one.low is not None]
        counts = (whole("outside", len(outside), "checks"), whole("checks", len(known), "checks"))
        yield Fact(id="quality.outside", section="case", kind="number", values=counts)


def is_child(values: ResultValues) -> bool:
    """True of a patient who is known to be no adult."""
    age = values.case.age
    return age is not None and finite(age) and age < ADULT


def _age(age: float | None) -> Fact:
    """The age in completed years; none above `OLDEST`."""
    shown: tuple[Value, ...] = ()
    if age is not None and finite(age):
        old = int(age) > OLDEST
        shown = (Value(name="age", shown=str(min(int(age), OLDEST)), unit="years", bound=">" if old else ""),)
    return Fact(id="case.age", section="case", kind="number", values=shown, polarity="" if shown else "no")
