"""Words with a meaning of their own, kind by kind: the draft has those of the original, and no other."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.reading.lexicon import lexicon
from gliomanet.case_report.reading.sentence import NUMBER
from gliomanet.case_report.validate.finding import Pair

RULES = {
    "side": "side_changed",
    "label": "label_changed",
    "gene": "gene_changed",
    "treatment": "treatment_changed",
    "certainty": "certainty_changed",
    "advice": "advice_changed",
    "whom": "patient_or_group_changed",
    "survival": "survival_changed",
    "question": "question_changed",
}
"""Kind of terms → rule; of the other kinds `<kind>_changed`."""

COUNTED = ("negation",)
"""Kinds of which a second one turns the meaning round again; their own check counts them."""

EACH_TIME = ("side", "label", "part", "modality", "comparator", "presence")
"""Kinds of which each mention counts: one of two that is left out leaves the sentence open to another meaning."""


def check_terms(pair: Pair) -> Iterator[tuple[str, str]]:
    """A term that is added, and one that is left out."""
    for kind in lexicon(pair.language).kinds:
        if kind in COUNTED or kind == NUMBER:
            continue
        source, told = pair.source.values(kind), pair.told.values(kind)
        rule = RULES.get(kind, f"{kind}_changed")
        for value in sorted(told - source):
            yield rule, f"{value!r} ({kind}) is not in the original"
        for value in sorted(source - told):
            yield rule, f"{value!r} ({kind}) of the original is missing"
        if kind in EACH_TIME and source == told and len(pair.source.of(kind)) != len(pair.told.of(kind)):
            yield rule, f"words of {kind} stand more or fewer times than in the original"
