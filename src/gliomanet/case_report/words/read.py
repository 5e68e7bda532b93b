"""The words of a report's language, and the ways in which values and lists are written in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from gliomanet.case_report.fact import Fact, Language, Value


@dataclass(frozen=True)
class ReportWords:
    """Sentences by key, such as `trust.look`, with values put into them.

    Attributes:
        language: of the sentences.
        sentences: what the language's file holds.
    """

    language: Language
    sentences: dict[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """A sentence with its values.

        Raises:
            KeyError: the language has no such sentence, or a value is missing.
        """
        found: Any = self.sentences
        for part in key.split("."):
            found = found[part]
        return str(found).format(**values)

    def name(self, key: str, code: str) -> str:
        """The word for a code; keys of names are not split at points.

        Raises:
            KeyError: the language has no word for it.
        """
        found: Any = self.sentences
        for part in key.split("."):
            found = found[part]
        return str(found[code])

    def has(self, key: str, code: str) -> bool:
        """True where the language has a word for a code."""
        found: Any = self.sentences
        for part in key.split("."):
            found = found[part]
        return code in found

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
    text = files("gliomanet.case_report").joinpath(f"words/{language}.yaml").read_text(encoding="utf-8")
    return ReportWords(language, yaml.safe_load(text))
