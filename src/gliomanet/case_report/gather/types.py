"""Facts of the integrated type: the types that no prediction set rules out, in the words of WHO 2021."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.codes import TYPES, grades_of
from gliomanet.case_report.fact import Fact
from gliomanet.case_report.gather.estimates import named_tasks
from gliomanet.case_report.gather.numbers import finite, percent, whole
from gliomanet.patient.result import ResultValues

GRADES_OF_TYPE = {
    "glioblastoma": ("4",),
    "astrocytoma": ("2", "3", "4"),
    "oligodendroglioma": ("2", "3"),
    "wildtype_ungraded": ("4",),
    "wildtype_lower_grade": ("2", "3"),
}
"""Type → the grades that it can have by WHO 2021; of an ungraded IDH-wildtype tumour that of glioblastoma."""


def facts(values: ResultValues) -> Iterator[Fact]:
    """The facts of the type."""
    yield from _open(values)
    sets = [one.set_level for _, one in named_tasks(values)]
    if values.compatible_with and sets:
        together = min(sum(1 - level for level in sets), 1.0)
        numbers = (percent("miss", 1 - min(sets)), whole("sets", len(sets), ""), percent("together", together))
        yield Fact(id="type.miss", section="type", kind="share", required=True, values=numbers)
    yield Fact(id="type.tissue", section="type", kind="statement", required=True)


def _open(values: ResultValues) -> Iterator[Fact]:
    if not values.compatible_with:
        yield Fact(id="type.not_asked", section="type", kind="statement", required=True, polarity="no")
        return
    unlike = tuple(one.label for _, one in named_tasks(values) if not one.prediction_set)
    if unlike:
        yield Fact(id="type.unlike", section="type", kind="list", required=True, polarity="no", terms={"tasks": unlike})
    open_ones = tuple(TYPES[one.name] for one in values.compatible_with if one.open)
    if not open_ones:
        yield Fact(id="type.contradiction", section="type", kind="statement", required=True, polarity="no")
    elif not unlike:
        yield Fact(
            id="type.open",
            section="type",
            kind="set",
            required=True,
            polarity="yes" if len(open_ones) == 1 else "no",
            terms={"types": open_ones},
        )
    known = [(TYPES[one.name], one.probability) for one in values.compatible_with if finite(one.probability)]
    if known and not unlike and open_ones:
        yield Fact(
            id="type.probabilities",
            section="type",
            kind="share",
            terms={"types": tuple(code for code, _ in known)},
            values=tuple(percent(code, share) for code, share in known),
        )


def open_groups(values: ResultValues) -> dict[str, tuple[str, ...]]:
    """Type that is left open → its grades that are; nothing where no published group may be shown.

    Nothing is open where an answer is not to be used, is unlike every class, or contradicts itself.
    """
    if values.trust.verdict == "do not use" or any(not one.prediction_set for _, one in named_tasks(values)):
        return {}
    allowed = set("234")
    for _, one in named_tasks(values):
        if one.label == "grade" and all(grades_of(answer.name) for answer in one.classes):
            allowed &= {grade for member in one.prediction_set for grade in grades_of(member)}
    found = {}
    for type_ in values.compatible_with:
        if type_.open:
            code = TYPES[type_.name]
            found[code] = tuple(grade for grade in GRADES_OF_TYPE[code] if grade in allowed)
    if "wildtype_ungraded" in found:
        found["wildtype_ungraded"] = GRADES_OF_TYPE["wildtype_ungraded"]
    return {code: grades for code, grades in found.items() if grades}
