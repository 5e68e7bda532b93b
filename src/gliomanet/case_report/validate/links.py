"""Numbers, sides, negations and labels stay beside what they are said of.

Where the terms of a draft stand in the order of the original, they are taken to say the same. Else, for each kind of
which the original names several (two parts of a tumour, two labels), every other term and number is tied to the nearest
one of that kind, in its own clause first; the ties are to be those of the original.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gliomanet.case_report.reading.sentence import MARK, NUMBER, ORDINAL, WORD, Read, Token
from gliomanet.case_report.validate.finding import Pair

ANCHORS = ("part", "label", "gene", "modality", "treatment", "side", "survival", "whom", "presence")
"""Kinds of things that something is said of."""

_CLAUSE_MARKS = frozenset(",;:.()!，；：。（）！、—–")
_CLAUSE_WORDS = frozenset({"and", "but", "while", "whereas", "or", "或", "和", "而", "但", "与", "及"})
_NOT_TIED = frozenset({"question"})


def check_links(pair: Pair) -> Iterator[tuple[str, str]]:
    """A term or number that is said of something else than in the original."""
    source, told = _meaning(pair.source), _meaning(pair.told)
    if [_key(one) for one in source] == [_key(one) for one in told]:
        return
    for kind in ANCHORS:
        if len(pair.source.values(kind)) < 2:
            continue
        was, now = _ties(pair.source, kind), _ties(pair.told, kind)
        for value, anchor in sorted(now - was):
            yield "said_of_something_else", f"{value!r} stands by {anchor!r}, in the original by another {kind}"


def _meaning(read: Read) -> list[Token]:
    return [one for one in read.tokens if one.kind not in (WORD, MARK) and one.kind not in _NOT_TIED]


def _key(token: Token) -> tuple[str, object]:
    if token.quantity is not None:
        # A fraction in words may stand for a rounded figure: what it says is compared by `check_numbers`.
        return (NUMBER, round(float(token.quantity.value), 2))
    return (token.kind, token.value)


def _ties(read: Read, kind: str) -> frozenset[tuple[str, str]]:
    """(what is said, value of the anchor) of every term that is not of the kind itself."""
    clauses = _clauses(read.tokens)
    anchors = [(place, one) for place, one in enumerate(read.tokens) if one.kind == kind]
    tied = set()
    for place, token in enumerate(read.tokens):
        if token.kind in (WORD, MARK, kind) or token.kind in _NOT_TIED or not anchors:
            continue
        nearest = min(anchors, key=lambda one: (clauses[one[0]] != clauses[place], abs(one[0] - place), one[0]))
        tied.add((_said(token), nearest[1].value))
    return frozenset(tied)


def _said(token: Token) -> str:
    name, value = _key(token)
    return f"{value:g}" if isinstance(value, float) else f"{name} {value}" if name != ORDINAL else str(value)


def _clauses(tokens: Sequence[Token]) -> list[int]:
    """The number of the clause that each token stands in."""
    numbers, clause = [], 0
    for token in tokens:
        ends = (token.kind == MARK and token.value in _CLAUSE_MARKS) or (
            token.kind == WORD and token.value in _CLAUSE_WORDS
        )
        clause += ends
        numbers.append(clause)
    return numbers
