"""The words of a report's language, and the ways in which values and lists are written in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from gliomanet.case_report.fact import Fact, Language, Value
from gliomanet.reporting.wording import Wording, sentences_of


@dataclass(frozen=True)
class ReportWords(Wording):
    """Sentences by key, such as `trust.look`, with values put into them.

    Attributes:
        language: of the sentences.
    """

    language: Language

    def number(self, value: Value) -> str:
        """A value as printed, with its bound in words and its percent sign; other units stand in the sentence."""
        shown = self("percent", n=value.shown) if value.unit == "%" else value.shown
        if not value.bound:
            return shown
        return self("below" if value.bound == "<" else "above", n=shown)

    def numbers(self, fact: Fact) -> dict[str, str]:
        """Name → value as printed."""
        return {one.name: self.number(one) for one in fact.values}

    def listing(self, names: Iterable[str]) -> str:
        """Join names: `a, b and c`."""
        told = list(names)
        if len(told) < 2:
            return "".join(told)
        return self("comma").join(told[:-1]) + self("and") + told[-1]


@cache
def words(language: Language) -> ReportWords:
    """The words of a language."""
    return ReportWords(sentences_of("gliomanet.case_report", f"words/{language}.yaml"), language)
