"""Words of each language that are read for their meaning, from one file a language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files

import yaml

from gliomanet.case_report.fact import Language
from gliomanet.case_report.reading.quantity import Quantity

SHORTEST_STEM = 4
_ENDINGS = re.compile(r"(?:ations?|ings?|ed|es|s|e|ly)\Z")


@dataclass(frozen=True)
class Term:
    """A word or phrase with its kind, such as `side`, and what it says there, such as `left`."""

    kind: str
    value: str


@dataclass(frozen=True)
class Lexicon:
    """The words of a language.

    Attributes:
        terms: phrase in small letters, its spaces single → its term.
        pattern: finds the longest phrase at a place.
        units: phrase → dimension and factor to its base unit.
        unit_pattern: finds the longest unit at a place.
        same: word → the first of the words that it may stand for.
        free: words that may come and go.
        word_pattern: finds the longest word of `same`, `free` or `words` at a place; of Chinese, which has no spaces.
        kinds: kinds of terms, in the order of the file.
    """

    terms: dict[str, Term]
    pattern: re.Pattern[str]
    units: dict[str, tuple[str, Fraction]]
    unit_pattern: re.Pattern[str]
    same: dict[str, str]
    free: frozenset[str]
    word_pattern: re.Pattern[str]
    kinds: tuple[str, ...]

    def quantity(self, value: Fraction, unit: str, *, from_words: bool = False) -> Quantity:
        """A number with its unit as written; without one where `unit` is empty."""
        dimension, factor = self.units[plain(unit)] if unit else ("", Fraction(1))
        return Quantity(value * factor, dimension, from_words)

    def stem(self, word: str) -> str:
        """A word as it is compared: the first of its group, or without an ending of inflection."""
        word = word.removesuffix("'s")
        if word in self.same or not (word.isascii() and len(word) > SHORTEST_STEM):
            return self.same.get(word, word)
        return self.same.get(root := _ENDINGS.sub("", word), root)


def plain(phrase: str) -> str:
    """A phrase as it is looked up: small letters, single spaces for hyphens."""
    return re.sub(r"[\s-]+", " ", phrase.lower()).strip() if not phrase.startswith("+") else phrase.lower()


@cache
def lexicon(language: Language) -> Lexicon:
    """The words of a language."""
    text = files("gliomanet.case_report.reading").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    terms = {
        spelling: Term(kind, value)
        for kind, values in content["terms"].items()
        for value, phrases in values.items()
        for phrase in phrases
        for spelling in _spellings(phrase)
    }
    units = {
        spelling: (dimension, Fraction(str(factor)))
        for dimension, factors in content["units"].items()
        for factor, phrases in factors.items()
        for phrase in phrases
        for spelling in _spellings(phrase)
    }
    same = {word: group[0] for group in content["same"] for word in group}
    free = frozenset(content["free"])
    known = {**same, **dict.fromkeys(free, ""), **dict.fromkeys(content["words"], "")}
    return Lexicon(terms, _longest(terms), units, _longest(units), same, free, _longest(known), tuple(content["terms"]))


def _spellings(phrase: str) -> set[str]:
    """A phrase, and where `~` stands with a space there and without."""
    return {plain(phrase.replace("~", " ")), plain(phrase.replace("~", ""))}


def _longest(phrases: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join(_bounded(phrase) for phrase in ordered), re.I)


def _bounded(phrase: str) -> str:
    """The pattern of a phrase; one of Latin letters or digits ends and begins as a word does."""
    inner = re.escape(phrase).replace(r"\ ", r"[\s-]+")
    before = r"(?<![A-Za-z0-9])" if phrase[0].isascii() and phrase[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if phrase[-1].isascii() and phrase[-1].isalnum() else ""
    return f"{before}{inner}{after}"
