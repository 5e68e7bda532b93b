"""A case report, phrased by template, or by a language model whose sentences are held against the template's."""

from __future__ import annotations

from dataclasses import dataclass

from gliomanet.case_report.fact import Facts, Language
from gliomanet.case_report.model.endpoint import Endpoint
from gliomanet.case_report.model.rephrase import Attempt, Outcome, attempt
from gliomanet.case_report.report import Report, Sentence
from gliomanet.case_report.template.write import write_template
from gliomanet.case_report.validate import Draft, originals_of

ATTEMPTS = 2
"""The second is told what was wrong with the first; after it the template stands."""

NO_SECOND = frozenset({"model_timed_out", "model_unreachable", "model_redirects", "model_status"})
"""Failures of the server that asking at once again does not mend."""


@dataclass(frozen=True)
class Written:
    """A report and how it came about.

    Attributes:
        report: to show; `why` says in one sentence who phrased it and for what reason.
        outcomes: of the language model's attempts, with its drafts; none where none was asked.
    """

    report: Report
    outcomes: tuple[Outcome, ...]

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts as they are logged: nothing of the patient is in them."""
        return tuple(one.attempt for one in self.outcomes)

    @property
    def rules(self) -> tuple[str, ...]:
        """Rules by which the last draft was refused, or the last call failed; none: it was taken, or none was asked."""
        return self.attempts[-1].rules if self.outcomes else ()


def write(facts: Facts, language: Language, endpoint: Endpoint | None = None) -> Report:
    """The report of a case.

    Args:
        facts: of the case.
        language: of the report.
        endpoint: language model that is to phrase it; None: the template does.

    Raises:
        EndpointError: the endpoint's key is missing.
    """
    return write_recorded(facts, language, endpoint).report


def write_recorded(facts: Facts, language: Language, endpoint: Endpoint | None = None) -> Written:
    """The report of a case with the record of the model's attempts; see `write`."""
    template = write_template(facts, language)
    if endpoint is None or not originals_of(template, facts, language):
        return Written(template, ())
    outcomes: list[Outcome] = []
    while len(outcomes) < ATTEMPTS:
        complaints = outcomes[-1].findings if outcomes else ()
        outcomes.append(attempt(endpoint, facts, template, language, complaints))
        last = outcomes[-1]
        if last.draft is not None and not last.findings:
            report = _with_draft(template, last.draft, facts, language)
            return Written(report, tuple(outcomes))
        if NO_SECOND & set(last.attempt.rules):
            break
    why = _why_template(outcomes, language)
    report = template.model_copy(update={"why": why})
    return Written(report, tuple(outcomes))


def _with_draft(template: Report, draft: Draft, facts: Facts, language: Language) -> Report:
    """The template's report with the draft's words in place of its own; what is laid down stays."""
    words = {one.name: one.text.strip() for one in draft.sentences}
    names = {id(one): name for name, one in originals_of(template, facts, language).items()}
    sentences = tuple(_reworded(one, words[names[id(one)]]) if id(one) in names else one for one in template.sentences)
    return Report(language=language, sentences=sentences, written_by="model", why=_ACCEPTED[language])


def _reworded(sentence: Sentence, text: str) -> Sentence:
    return sentence.model_copy(update={"text": text})


def _why_template(outcomes: list[Outcome], language: Language) -> str:
    last = outcomes[-1].attempt
    key = "refused" if last.verdict == "refused" else "slow" if "model_timed_out" in last.rules else "failed"
    return _TEMPLATE[language][key].format(count=len(outcomes))


_ACCEPTED: dict[Language, str] = {
    "en": "A language model phrased this text from the table of facts; every sentence was checked against that table.",
    "zh": "本文由语言模型根据事实表改写，每句均已与事实表核对。",
}
_TEMPLATE: dict[Language, dict[str, str]] = {
    "en": {
        "refused": "The template phrased this text: the last of {count} drafts of the language model did not pass the "
        "checks.",
        "slow": "The template phrased this text: the language model gave no answer in the time that it was given.",
        "failed": "The template phrased this text: the language model gave no usable draft.",
    },
    "zh": {
        "refused": "本文由模板写成：语言模型共 {count} 份草稿，最后一份未通过核对。",
        "slow": "本文由模板写成：语言模型未在规定时间内作答。",
        "failed": "本文由模板写成：语言模型没有给出可用的草稿。",
    },
}
