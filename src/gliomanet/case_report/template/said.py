"""One sentence of the template, before it has a section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gliomanet.case_report.fact import Fact
from gliomanet.case_report.words.read import ReportWords


class Said(NamedTuple):
    """A sentence and the facts that it states."""

    text: str
    fact_ids: tuple[str, ...]


def laid_down(fact: Fact, say: ReportWords) -> Said:
    """The sentence of a fact whose words are laid down."""
    return Said(fact.wording[say.language], (fact.id,))


def all_laid_down(facts: tuple[Fact, ...], say: ReportWords) -> Iterator[Said]:
    """The sentences of those among the facts whose words are laid down."""
    return (laid_down(one, say) for one in facts if one.wording)
