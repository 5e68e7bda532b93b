"""A sentence read into what it claims: its terms and numbers in order, and the words between them."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from gliomanet.case_report.fact import Language
from gliomanet.case_report.reading import grades
from gliomanet.case_report.reading.chinese_numbers import read_chinese
from gliomanet.case_report.reading.digits import read_digits
from gliomanet.case_report.reading.english_numbers import ORDINALS, read_words
from gliomanet.case_report.reading.lexicon import Lexicon, lexicon, plain
from gliomanet.case_report.reading.quantity import Quantity

NUMBER, WORD, MARK, ORDINAL = "number", "word", "mark", "ordinal"

_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9']*|\d+[A-Za-z][A-Za-z0-9]*", re.A)
_JOINS = re.compile(r"\s*(?:-|\u2013|\u2014|~|to|and|or|by|x|\u00d7|至|到|和|或|及|与|、|乘)\s*\Z", re.I)
_GAP = re.compile(r"[\s-]?(?=\S)")


@dataclass(frozen=True)
class Token:
    """A piece of a sentence.

    Attributes:
        kind: a kind of terms, `number`, `ordinal`, `word` or `mark`.
        value: what it says: a term's value, a word in small letters, a mark.
        start: place of its first character in the text as read.
        end: place behind its last.
        quantity: of numbers.
        unit: of numbers, as written.
    """

    kind: str
    value: str
    start: int
    end: int
    quantity: Quantity | None = None
    unit: str = ""


@dataclass(frozen=True)
class Read:
    """A sentence as read.

    Attributes:
        text: with compatible characters made one (full-width digits, superscripts).
        tokens: in order.
    """

    text: str
    tokens: tuple[Token, ...]

    def of(self, kind: str) -> tuple[Token, ...]:
        """The tokens of a kind, in order."""
        return tuple(one for one in self.tokens if one.kind == kind)

    def values(self, kind: str) -> frozenset[str]:
        """The words of the tokens of a kind."""
        return frozenset(one.value for one in self.of(kind))

    @property
    def numbers(self) -> tuple[Quantity, ...]:
        """The numbers, in order."""
        return tuple(one.quantity for one in self.tokens if one.quantity is not None)


@lru_cache(maxsize=256)  # an original is held against several attempts, and a draft's words against several checks
def read(text: str, language: Language) -> Read:
    """A sentence's tokens: the longest term at each place, else a number, else a word or mark."""
    even = unicodedata.normalize("NFKC", text).replace("\u2212", "-").replace("\u2019", "'")
    tokens = tuple(_tokens(even, language))
    return Read(even, _with_units_of_ranges(even, tokens, lexicon(language)))


def _tokens(text: str, language: Language) -> Iterator[Token]:
    words, place = lexicon(language), 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        for token in _at(text, place, language, words):
            yield token
            place = token.end


def _at(text: str, place: int, language: Language, words: Lexicon) -> tuple[Token, ...]:
    """The token that begins at a place; of a list of grades all of them."""
    graded = grades.read_grades(text, place, language)
    if graded is not None:
        found, end = graded
        return tuple(Token("label", f"grade {grade}", place, end) for grade in found)
    term = words.pattern.match(text, place)
    number = _number(text, place, language, words)
    known_word = words.word_pattern.match(text, place) if language == "zh" else None
    if known_word is not None and known_word.end() > max(term.end() if term else 0, number.end if number else 0):
        return (Token(WORD, known_word[0].lower(), place, known_word.end()),)
    if term is not None and (number is None or term.end() >= number.end):
        known = words.terms[plain(term[0])]
        return (Token(known.kind, known.value, place, term.end()),)
    if number is not None:
        return (number,)
    word = _LATIN_WORD.match(text, place)
    if word is not None:
        value = word[0].lower()
        kind = ORDINAL if language == "en" and value in ORDINALS else WORD
        return (Token(kind, value, place, word.end()),)
    kind = WORD if text[place].isalnum() else MARK
    return (Token(kind, text[place], place, place + 1),)


def _number(text: str, place: int, language: Language, words: Lexicon) -> Token | None:
    value, end, from_words = _value(text, place, language)
    if value is None:
        return None
    gap = _GAP.match(text, end)
    unit = words.unit_pattern.match(text, gap.end() if gap else end)
    if unit is None and end < len(text) and text[end].isascii() and text[end].isalpha():
        return None  # such as `3D`: a word with a digit in it
    written = unit[0] if unit else ""
    quantity = words.quantity(value, written, from_words=from_words)
    return Token(NUMBER, str(quantity), place, unit.end() if unit else end, quantity, written)


def _value(text: str, place: int, language: Language) -> tuple[Fraction | None, int, bool]:
    if language == "zh" and (chinese := read_chinese(text, place)) is not None:
        return chinese
    if (digits := read_digits(text, place)) is not None:
        return digits[0], digits[1], False
    begins = not place or not (text[place - 1].isascii() and text[place - 1].isalnum())
    if begins and (spelt := read_words(text, place)) is not None:
        return spelt
    return None, place, False


def _with_units_of_ranges(text: str, tokens: tuple[Token, ...], words: Lexicon) -> tuple[Token, ...]:
    """The tokens; a number that is joined to a following one takes its unit: 6 in "6 to 33 %"."""
    done = list(tokens)
    numbers = [place for place, token in enumerate(done) if token.kind == NUMBER]
    for place, following in reversed(list(itertools.pairwise(numbers))):
        this, unit = done[place], done[following].unit
        if this.unit or not unit or not _JOINS.fullmatch(text[this.end : done[following].start]):
            continue
        assert this.quantity is not None
        quantity = words.quantity(this.quantity.value, unit, from_words=this.quantity.from_words)
        done[place] = replace(this, quantity=quantity, value=str(quantity), unit=unit)
    return tuple(done)
