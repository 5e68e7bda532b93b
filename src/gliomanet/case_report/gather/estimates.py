"""Facts that the model estimates: a prediction set and probabilities for each question of the WHO's diagnoses.

Further labels that a study asks for, such as MGMT, are counted and not told: images do not show them well enough for a
report, and a figure on paper would be read as if they did.
"""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.codes import class_code
from gliomanet.case_report.fact import Fact, Value
from gliomanet.case_report.gather.numbers import finite, percent, whole
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.patient.result import ResultValues, TaskAnswer


def facts(values: ResultValues) -> Iterator[Fact]:
    """The facts of the estimates."""
    if values.trust.verdict == "do not use":
        yield Fact(id="estimates.unusable", section="estimates", kind="statement", required=True, polarity="no")
    for name, one in named_tasks(values):
        yield from _task(name, one)
    untold = sum(one.label not in VOCABULARY for one in values.tasks)
    if untold:
        number = whole("tasks", untold, "questions")
        yield Fact(id="tasks.untold", section="estimates", kind="number", required=True, values=(number,))


def named_tasks(values: ResultValues) -> Iterator[tuple[str, TaskAnswer]]:
    """Name in a report → the answer: the label, with a number where several tasks ask for it."""
    for label in VOCABULARY:
        of_label = [one for one in values.tasks if one.label == label]
        for number, one in enumerate(of_label, start=1):
            yield (label if number == 1 else f"{label}_{number}"), one


def codes_of(one: TaskAnswer) -> dict[str, str]:
    """Class of a task → its code."""
    return {answer.name: class_code(one.label, answer.name, place) for place, answer in enumerate(one.classes)}


def _task(name: str, one: TaskAnswer) -> Iterator[Fact]:
    codes = codes_of(one)
    members = tuple(codes[label] for label in one.prediction_set)
    task = {"task": (one.label,)}
    yield Fact(
        id=f"{name}.set",
        section="estimates",
        kind="set",
        required=True,
        terms={**task, "set": members},
        polarity="no" if one.abstains else "yes",
        values=(percent("level", one.set_level),),
    )
    known = [(codes[answer.name], answer.probability) for answer in one.classes if finite(answer.probability)]
    if known and len(known) == len(one.classes):
        numbers: tuple[Value, ...] = tuple(percent(code, share) for code, share in known)
        yield Fact(
            id=f"{name}.probabilities",
            section="estimates",
            kind="share",
            required=True,
            terms={**task, "classes": tuple(code for code, _ in known)},
            values=numbers,
        )
    else:
        yield Fact(
            id=f"{name}.no_probabilities",
            section="estimates",
            kind="statement",
            required=True,
            terms=task,
            polarity="no",
        )
    if finite(one.uncertainty_share):
        share = percent("uncertainty", min(max(one.uncertainty_share, 0.0), 1.0))
        yield Fact(id=f"{name}.uncertainty", section="estimates", kind="share", terms=task, values=(share,))
    if not one.abstains and one.called != one.prediction_set[0]:
        yield Fact(
            id=f"{name}.threshold",
            section="estimates",
            kind="class",
            required=True,
            terms={**task, "called": (codes[one.called],), "set": members},
        )
