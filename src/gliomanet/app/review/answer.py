"""The computer's answer as a reader sees it at the second look: sets before probabilities, and what warns of both."""

from __future__ import annotations

from dataclasses import dataclass

from gliomanet.app.words import app_words
from gliomanet.patient.page.answer import percent
from gliomanet.patient.page.words import words
from gliomanet.patient.result import LEARNT_CASE, LEARNT_CENTER, ResultValues


@dataclass(frozen=True)
class Answer:
    """The answer in words.

    Attributes:
        cautions: what is to be read before any number.
        types: the types that stay open.
        rows: question, classes in its prediction set, probabilities.
    """

    cautions: tuple[str, ...]
    types: str
    rows: tuple[tuple[str, str, str], ...]


def answer_of(values: ResultValues, language: str) -> Answer:
    """The answer of a result, in the doctor's words."""
    say, doctor = app_words(language, "review"), words(language)
    cautions = [say("simulated")] if values.bundle.simulated else []
    # Without them a reader is held against a memory.
    cautions += [doctor.tell(one) for one in values.warnings if one.code in (LEARNT_CASE, LEARNT_CENTER)]
    verdict = say.name("verdicts", values.trust.verdict)
    open_ones = [doctor.named("type", one.name) for one in values.compatible_with if one.open]
    rows = []
    for one in values.tasks:
        members = ", ".join(doctor.named("class", name) for name in one.prediction_set) or say("empty_set")
        shares = ", ".join(f"{doctor.named('class', of.name)}: {percent(of.probability)}" for of in one.classes)
        rows.append((doctor.task(one.task), members, shares))
    types = say("types", types="; ".join(open_ones)) if open_ones else say("no_types")
    return Answer((*cautions, say("verdict", verdict=verdict)), types, tuple(rows))
