"""A case report: sentences in sections, each with the facts that it states."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gliomanet.case_report.fact import SECTIONS, Language, Section

__all__ = ["SECTIONS", "Language", "Report", "Sentence", "WrittenBy"]

WrittenBy = Literal["template", "model"]


class Sentence(BaseModel):
    """One sentence, or a few that belong together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    section: Section
    text: str
    fact_ids: tuple[str, ...] = Field(description="Facts that it states.")


class Report(BaseModel):
    """A report in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Language
    sentences: tuple[Sentence, ...] = Field(description="In the order of `SECTIONS`.")
    written_by: WrittenBy
    why: str = Field(description="The reason for this writer, in one sentence; empty where it was asked for.")

    def of(self, section: Section) -> tuple[Sentence, ...]:
        """The sentences of a section."""
        return tuple(one for one in self.sentences if one.section == section)

    @property
    def fact_ids(self) -> frozenset[str]:
        """Ids of all facts that are stated."""
        return frozenset(fact_id for one in self.sentences for fact_id in one.fact_ids)

    def content(self) -> dict[str, Any]:
        """The report for JSON."""
        return self.model_dump(mode="json")
