"""One attempt of a language model at a report, and the record of it that may be kept: no patient's data in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from gliomanet.case_report.fact import Facts, Language
from gliomanet.case_report.model import prompt
from gliomanet.case_report.model.answer import draft_of
from gliomanet.case_report.model.call import CallError, call
from gliomanet.case_report.model.endpoint import Endpoint
from gliomanet.case_report.report import Report
from gliomanet.case_report.validate import Draft, Finding, originals_of, validate

LOG = logging.getLogger("gliomanet.case_report")

TOKENS_PER_CHARACTER = 2
"""Room for an answer: Chinese takes up to two tokens a character."""

CHARACTERS_AROUND = 20
"""Of JSON around a sentence: its name, quotation marks and spaces."""

LEAST_TOKENS = 512


@dataclass(frozen=True)
class Attempt:
    """One call and its verdict, as it is logged: one line of JSON.

    Attributes:
        prompt_sha256: of the messages.
        model: name that the user gave.
        seed: of the decoder.
        language: asked for.
        verdict: `accepted`, `refused` by the checks, or `failed` before them.
        rules: rules of the findings, or of the failure, each once.
    """

    prompt_sha256: str
    model: str
    seed: int
    language: Language
    verdict: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """An attempt's draft, where there is one, and its findings."""

    attempt: Attempt
    draft: Draft | None
    findings: tuple[Finding, ...]


def attempt(
    endpoint: Endpoint, facts: Facts, template: Report, language: Language, complaints: Sequence[Finding] = ()
) -> Outcome:
    """Ask for a draft and check it; the attempt is logged.

    Raises:
        EndpointError: the key is missing.
    """
    originals = originals_of(template, facts, language)
    told = prompt.messages(originals, facts, language, complaints)
    schema = prompt.answer_schema(originals)
    room = LEAST_TOKENS + TOKENS_PER_CHARACTER * sum(len(one.text) + CHARACTERS_AROUND for one in originals.values())
    try:
        answer = call(endpoint, "chat/completions", prompt.request(endpoint.model, told, schema, room))
        draft: Draft | None = draft_of(answer, schema)
        assert draft is not None
        findings = validate(draft, facts, template, language)
        verdict = "refused" if findings else "accepted"
    except CallError as error:
        draft, verdict = None, "failed"
        findings = (Finding(error.problem.rule, "", error.problem.found),)
    rules = tuple(sorted({one.rule for one in findings}))
    made = Attempt(prompt.digest(told), endpoint.model, prompt.SEED, language, verdict, rules)
    LOG.info("%s", json.dumps(asdict(made), ensure_ascii=False))
    return Outcome(made, draft, findings)
