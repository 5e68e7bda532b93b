"""The computer's answer as a reader sees it at the second look: sets before probabilities, and what warns of both."""

from __future__ import annotations

from dataclasses import dataclass

from gliomanet.app.for_patients.answers import TYPES
from gliomanet.patient.page.answer import percent
from gliomanet.patient.page.words import Words
from gliomanet.patient.result import ResultValues
from gliomanet.reporting.format import task_name


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


def answer_of(values: ResultValues, say: Words) -> Answer:
    """The answer of a result."""
    cautions = (say("simulated"),) if values.bundle.simulated else ()
    verdict = say.name("verdicts", values.trust.verdict)
    open_ones = [say.name("choices.tumour_type", TYPES[one.name]) for one in values.compatible_with if one.open]
    rows = []
    for one in values.tasks:

        def named(name: str, label: str = one.label) -> str:
            known = say.sentences["choices"].get(label, {})
            return str(known.get(name, name))

        members = ", ".join(map(named, one.prediction_set)) or say("empty_set")
        shares = ", ".join(f"{named(answer.name)}: {percent(answer.probability)}" for answer in one.classes)
        rows.append((task_name(one.task), members, shares))
    types = say("types", types="; ".join(open_ones)) if open_ones else say("no_types")
    return Answer((*cautions, say("verdict", verdict=verdict)), types, tuple(rows))
