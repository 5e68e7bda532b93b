"""Questions that a patient may take to the care team, each with the guideline that it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from gliomanet.app.for_patients.answers import unanswered
from gliomanet.app.for_patients.scans import missing_scans
from gliomanet.app.for_patients.standing import standing_of
from gliomanet.patient.result import ResultValues
from gliomanet.reporting.wording import Wording

NICE = "NICE NG99 (2018, 2021)"
EANO = "EANO 2021: Weller, Nat Rev Clin Oncol 18:170, 10.1038/s41571-020-00447-z"
ASCO_SNO = "ASCO-SNO 2022: Mohile, J Clin Oncol 40:403, 10.1200/JCO.21.02036"
SEIZURES = "SNO/EANO 2021: Walbert, Neuro-Oncology, 10.1093/neuonc/noab152"
SUPPORT = "NICE NG99, summary: BMJ 2018;362:k2924"
BTIP = "BTIP: Ellingson, Neuro-Oncology 2015;17:1188"
CHINA = "《脑胶质瘤诊疗指南（2022年版）》，国家卫生健康委员会"

_BASIS = {
    "team": f"{NICE}, 1.1.2",
    "tissue": EANO,
    "tests": f"{NICE}, 1.1.4; {EANO}",
    "missing": f"{NICE}, 1.1.1; {BTIP}",
    "abstained": "",
    "more_scans": f"{NICE}, 1.1.3",
    "choices": f"{ASCO_SNO}; {EANO}",
    "seizures": SEIZURES,
    "contact": SUPPORT,
    "support": SUPPORT,
    "changes": SUPPORT,
}
"""Question → its source; a question without one is about this result."""


@dataclass(frozen=True)
class Question:
    """A question to take along.

    Attributes:
        text: its words.
        source: the guideline that it rests on; empty: it is about this result.
    """

    text: str
    source: str


def questions(values: ResultValues, say: Wording, *, language: str) -> tuple[Question, ...]:
    """The questions that fit a result."""
    told = standing_of(values) == "told"
    asked = {
        "missing": bool(missing_scans(values)),
        "abstained": told and unanswered(values),
    }
    return tuple(
        Question(say(f"ask.items.{name}"), _source(name, source, language))
        for name, source in _BASIS.items()
        if asked.get(name, True)
    )


def _source(name: str, source: str, language: str) -> str:
    """The source; in Chinese the national guideline too, where it says the same: tissue first, then treatment."""
    return f"{CHINA}; {source}" if language == "zh" and name in ("tissue", "tests", "choices") else source
