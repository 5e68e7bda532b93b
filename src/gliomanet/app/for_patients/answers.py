"""The answers in plain words: one class, or that there is none, and how often such an answer is right.

A share is told as people of ten, of whom it is exact: people like the study's, of whom the model said the same with the
same probability. That is what a calibrated probability promises, and no more. An answer that abstains has no number,
since any number would be read as an answer.
"""

from __future__ import annotations

import math
import re

from gliomanet.app.for_patients.part import Part, Point, points
from gliomanet.app.for_patients.standing import standing_of
from gliomanet.patient import diagnosis
from gliomanet.patient.result import ResultValues, TaskAnswer
from gliomanet.reporting.format import task_name
from gliomanet.reporting.wording import Wording

TYPES = {
    diagnosis.GLIOBLASTOMA: "glioblastoma",
    diagnosis.ASTROCYTOMA: "astrocytoma",
    diagnosis.OLIGODENDROGLIOMA: "oligodendroglioma",
    diagnosis.UNGRADED: "ungraded",
    diagnosis.LEGACY: "legacy",
}
"""Name in a result → key of its plain words."""

_GRADES = re.compile(r"([234])(?:[-–/+_ ]([234]))?")
_SPELT = {"low": "low", "lgg": "low", "lower": "low", "high": "high", "hgg": "high", "higher": "high"}


def answers(values: ResultValues, say: Wording) -> Part:
    """The part on the questions, each by itself, and on the type that they make together."""
    title = say("answers.title")
    if standing_of(values) != "told":
        return Part("answers", title, points(say("answers.hidden")))
    if not values.tasks:
        return Part("answers", title, points(say("answers.nothing")))
    miss = math.ceil(100 * (1 - min(one.set_level for one in values.tasks)) - 1e-9)
    lead = points(say("answers.how"), say("answers.miss", n=miss), say("answers.who"))
    parts = (*(_task(one, say) for one in values.tasks), _type(values, say))
    return Part("answers", title, lead, parts)


def unanswered(values: ResultValues) -> bool:
    """True where a question that was asked has no answer to be told."""
    return any(_told_class(one) is None for one in values.tasks)


def of_ten(probability: float, say: Wording) -> tuple[Point, ...]:
    """The share of such answers that are right, as people of ten; nothing where the probability is no number."""
    if not math.isfinite(probability):
        return ()
    if probability >= 0.95:
        return points(say("answers.most"))
    if probability < 0.05:
        return points(say("answers.few"), say("answers.more_wrong"))
    right = math.floor(10 * probability + 0.5)
    more_wrong = say("answers.more_wrong") if right < 5 else ""
    return points(say("answers.about", n=right, other=10 - right), more_wrong)


def _told_class(one: TaskAnswer) -> str | None:
    """The class that may be named: the set holds it alone, and the threshold does not name another."""
    return one.called if one.prediction_set == (one.called,) else None


def _task(one: TaskAnswer, say: Wording) -> Part:
    name, known = f"answer-{one.task}", one.label in say.sentences["answers"]["tasks"]
    title = say(f"answers.tasks.{one.label}.title") if known else say("answers.tasks.other.title", task=_own(one))
    told = _told_class(one)
    if told is not None:
        probability = next(answer.probability for answer in one.classes if answer.name == told)
        lead = points(say("answers.one", answer=class_words(one.label, told, say)))
        return Part(name, title, (*lead, *of_ten(probability, say), *points(say("answers.tissue"))))
    if len(one.prediction_set) > 1:
        members = tuple(class_words(one.label, member, say) for member in one.prediction_set)
        lead = (Point(say("answers.several"), members),)
    else:
        lead = points(say("answers.disagree" if one.prediction_set else "answers.none"))
    return Part(name, title, (*lead, *points(say("answers.no_number"))))


def class_words(label: str, name: str, say: Wording) -> str:
    """A class in plain words; a class that a study named by itself stays as it is, and that is said."""
    known = say.sentences["answers"]["tasks"].get(label, {})
    if label == "grade":
        if grades := _GRADES.fullmatch(name):
            first, last = grades.groups()
            if last is None:
                return say("answers.tasks.grade.grade", grade=first)
            return say("answers.tasks.grade.or", first=first, last=last)
        if name.lower() in _SPELT:
            return str(known[_SPELT[name.lower()]])
    if name in known:
        return str(known[name])
    return say("answers.tasks.other.class", name=name)


def _own(one: TaskAnswer) -> str:
    return task_name(one.task)


def _type(values: ResultValues, say: Wording) -> Part:
    title, types = say("type.title"), values.compatible_with
    open_ones = tuple(say(f"type.names.{TYPES[one.name]}") for one in types if one.open)
    if not types:
        return Part("type", title, points(say("type.unasked")))
    if not open_ones:
        return Part("type", title, points(say("type.none"), say("type.more")))
    if not any(one.prediction_set for one in values.tasks):
        return Part("type", title, points(say("type.no_answers"), say("type.more")))
    gaps = say("type.gaps") if any(len(one.prediction_set) < 2 and not _told_class(one) for one in values.tasks) else ""
    if len(open_ones) == 1:
        lead = (Point(say("type.one"), open_ones), *points(say("type.estimate")))
    else:
        answered = any(_told_class(one) is not None for one in values.tasks)
        lead = (Point(say("type.several" if answered else "type.unsure"), open_ones),)
    return Part("type", title, (*lead, *points(gaps, say("type.more"))))
