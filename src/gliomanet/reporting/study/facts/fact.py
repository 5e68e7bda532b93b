"""A fact of the run: a sentence that its files prove, and the place where they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gliomanet.reporting.study.results import StudyResults


@dataclass(frozen=True)
class Fact:
    """A sentence about what the run did, written from what it left.

    Attributes:
        text: whole sentences.
        place: file below the results folder, or `#<section>` of the page, that holds the particulars.
    """

    text: str
    place: str


Teller = Callable[[StudyResults], Fact | None]
"""A fact told from a study's results; None where this run does not know it."""
