"""The frame of a draft: each original once, and told to the end.

Each original states facts that it names, so a draft that tells every original leaves out no fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from gliomanet.case_report.report import Sentence
from gliomanet.case_report.validate.finding import Draft, Finding


def check_finish(draft: Draft) -> Iterator[Finding]:
    """An answer that was cut off or withheld."""
    if draft.finish_reason != "stop":
        yield Finding("finish_reason", "", "the model did not come to its end")


def check_cover(draft: Draft, originals: Mapping[str, Sentence]) -> Iterator[Finding]:
    """An original that is left out or told twice, and one that was not sent."""
    told = Counter(one.name for one in draft.sentences)
    for name in originals:
        if not told[name]:
            yield Finding("sentence_missing", name, "the sentence is missing")
        elif told[name] > 1:
            yield Finding("sentence_repeated", name, "the sentence stands twice")
    for name in sorted(set(told) - set(originals)):
        yield Finding("sentence_unknown", name, "no such sentence was sent")
