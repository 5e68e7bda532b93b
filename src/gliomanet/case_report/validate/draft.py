"""All checks of a draft, against the template's sentences that it is to rephrase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gliomanet.case_report.fact import Facts, Language
from gliomanet.case_report.report import Report, Sentence
from gliomanet.case_report.validate.banned import check_banned
from gliomanet.case_report.validate.characters import check_characters
from gliomanet.case_report.validate.finding import Check, Draft, Finding, Pair
from gliomanet.case_report.validate.language import check_language
from gliomanet.case_report.validate.length import check_length
from gliomanet.case_report.validate.numbers import check_numbers
from gliomanet.case_report.validate.order import check_order
from gliomanet.case_report.validate.polarity import check_polarity
from gliomanet.case_report.validate.structure import check_cover, check_finish
from gliomanet.case_report.validate.terms import check_terms
from gliomanet.case_report.validate.vocabulary import check_vocabulary

CHECKS: tuple[Check, ...] = (
    check_characters,
    check_language,
    check_numbers,
    check_terms,
    check_polarity,
    check_order,
    check_banned,
    check_vocabulary,
    check_length,
)
"""Checks of one sentence against its original."""


def originals_of(template: Report, facts: Facts, language: Language) -> dict[str, Sentence]:
    """Name → sentence of the template that a model may rephrase: `s1`, `s2`, … in order.

    Sentences whose wording is laid down (notices, published statements, questions to the team) are printed as they
    stand, whoever writes, and so is the banner: whether to trust the result is nothing to be rephrased.
    """
    sent = [
        one
        for one in template.sentences
        if one.fact_ids and one.section != "banner" and not _laid_down(one, facts, language)
    ]
    return {f"s{number}": one for number, one in enumerate(sent, 1)}


def validate(draft: Draft, facts: Facts, template: Report, language: Language) -> tuple[Finding, ...]:
    """Every reason to refuse a draft; none: it says what the template says.

    Args:
        draft: as the model wrote it.
        facts: the facts of the case.
        template: the report whose sentences were to be rephrased.
        language: in which the draft is to be.
    """
    originals = originals_of(template, facts, language)
    return (
        *check_finish(draft),
        *check_cover(draft, originals),
        *_of_sentences(draft, originals, facts, language),
    )


def _of_sentences(
    draft: Draft, originals: Mapping[str, Sentence], facts: Facts, language: Language
) -> Iterator[Finding]:
    for one in draft.sentences:
        if one.name not in originals:
            continue
        pair = Pair(originals[one.name], one, facts, language)
        for check in CHECKS:
            for rule, found in check(pair):
                yield Finding(rule, one.name, found)


def _laid_down(sentence: Sentence, facts: Facts, language: Language) -> bool:
    return any(language in fact.wording for fact_id in sentence.fact_ids if (fact := facts.get(fact_id)))
