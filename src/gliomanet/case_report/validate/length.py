"""Length: a paraphrase is about as long as the original, and says nothing twice."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.validate.finding import Pair

MOST = 1.7
LEAST = 0.4
SLACK = 30
"""Characters by which a short sentence may grow beside."""

REPEATED_TOKENS = 7
"""Tokens in a row that stand twice: a paraphrase does not; the original may."""


def most_characters(original: str) -> int:
    """The length up to which a paraphrase is taken; the schema of an answer bounds it, too."""
    return int(MOST * len(original) + SLACK)


def check_length(pair: Pair) -> Iterator[tuple[str, str]]:
    """Too long, too short, or a row of words twice."""
    was, now = len(pair.original.text), len(pair.draft.text.strip())
    if now > most_characters(pair.original.text):
        yield "too_long", f"{now} characters for {was}"
    if now < LEAST * was:
        yield "too_short", f"{now} characters for {was}"
    if _repeats(pair.told.tokens) > _repeats(pair.source.tokens):
        yield "repeated", "the same words stand twice"


def _repeats(tokens: tuple[object, ...]) -> int:
    values = [getattr(one, "value", "") for one in tokens]
    rows = [tuple(values[place : place + REPEATED_TOKENS]) for place in range(len(values) - REPEATED_TOKENS + 1)]
    return len(rows) - len(set(rows))
