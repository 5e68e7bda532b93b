"""A draft beside the sentences that it is to rephrase, and what a check finds in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from gliomanet.case_report.fact import Facts, Language
from gliomanet.case_report.reading.sentence import Read, read
from gliomanet.case_report.report import Sentence


@dataclass(frozen=True)
class DraftSentence:
    """A sentence as a language model wrote it.

    Attributes:
        name: of the original that it rephrases: `s1` is the first that was sent.
        text: its words.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Draft:
    """A language model's sentences, in its order.

    Attributes:
        sentences: as written.
        finish_reason: as the server told it; `stop` where the model came to its end.
    """

    sentences: tuple[DraftSentence, ...]
    finish_reason: str


@dataclass(frozen=True)
class Finding:
    """A reason to refuse a draft.

    Attributes:
        rule: name of the check in snake case, such as `number_not_in_facts`.
        sentence: name of the draft's sentence; empty: the whole draft.
        found: what was found there; for the model's second attempt, and never logged.
    """

    rule: str
    sentence: str
    found: str


@dataclass(frozen=True)
class Pair:
    """A draft's sentence and the original that it is to rephrase."""

    original: Sentence
    draft: DraftSentence
    facts: Facts
    language: Language

    @cached_property
    def source(self) -> Read:
        """The original as read."""
        return read(self.original.text, self.language)

    @cached_property
    def told(self) -> Read:
        """The draft's sentence as read."""
        return read(self.draft.text, self.language)


Check = Callable[[Pair], Iterable[tuple[str, str]]]
"""A check of one sentence: (rule, what was found) of each thing that is wrong."""
