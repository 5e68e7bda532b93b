"""The frame of a draft: each original once, in its section and in order, with its facts; told to the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from gliomanet.case_report.fact import SECTIONS, Facts
from gliomanet.case_report.report import Sentence
from gliomanet.case_report.validate.finding import Draft, Finding


def check_finish(draft: Draft) -> Iterator[Finding]:
    """An answer that was cut off or withheld."""
    if draft.finish_reason != "stop":
        yield Finding("finish_reason", "", "the model did not come to its end")


def check_cover(draft: Draft, originals: Mapping[str, Sentence]) -> Iterator[Finding]:
    """An original that is left out or told twice, one that was not sent, and sections out of order."""
    told = Counter(one.name for one in draft.sentences)
    for name in originals:
        if not told[name]:
            yield Finding("sentence_missing", name, "the sentence is missing")
        elif told[name] > 1:
            yield Finding("sentence_repeated", name, "the sentence stands twice")
    for name in sorted(set(told) - set(originals)):
        yield Finding("sentence_unknown", name, "no such sentence was sent")
    places = [SECTIONS.index(one.section) for one in draft.sentences if one.section in SECTIONS]
    if places != sorted(places):
        yield Finding("sections_out_of_order", "", "sections are to stand in the order in which they were sent")


def check_cited(draft: Draft, originals: Mapping[str, Sentence], facts: Facts) -> Iterator[Finding]:
    """A fact that there is not, or of another section or sentence; a sentence in another section."""
    for one in draft.sentences:
        original = originals.get(one.name)
        if original is None:
            continue
        if one.section != original.section:
            yield Finding("section_changed", one.name, f"it belongs to {original.section}")
        for fact_id in one.fact_ids:
            if fact_id not in facts:
                yield Finding("fact_unknown", one.name, "there is no such fact")
            elif fact_id not in original.fact_ids:
                yield Finding("fact_of_another_sentence", one.name, f"{fact_id} is not a fact of this sentence")
        for fact_id in original.fact_ids:
            if fact_id not in one.fact_ids:
                yield Finding("fact_not_cited", one.name, f"{fact_id} is not cited")


def check_required(draft: Draft, originals: Mapping[str, Sentence], facts: Facts) -> Iterator[Finding]:
    """A required fact of the sentences that were sent which no sentence cites."""
    cited = {fact_id for one in draft.sentences for fact_id in one.fact_ids}
    sent = {fact_id for one in originals.values() for fact_id in one.fact_ids}
    for fact_id in sorted((facts.required & sent) - cited):
        yield Finding("required_fact_missing", "", f"{fact_id} is stated nowhere")
