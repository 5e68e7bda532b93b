"""Negations: as many as in the original, and of the same things (`order`)."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.validate.finding import Pair


def check_polarity(pair: Pair) -> Iterator[tuple[str, str]]:
    """A negation that is added or left out."""
    source, told = len(pair.source.of("negation")), len(pair.told.of("negation"))
    if source != told:
        yield "polarity_changed", f"{told} negations in place of {source}"
