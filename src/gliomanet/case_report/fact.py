"""Facts of a case report: typed, without identity, each under a name that sentences cite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

Section = Literal[
    "banner",
    "case",
    "images",
    "findings",
    "estimates",
    "type",
    "prognosis",
    "questions",
    "comparison",
    "limits",
]
SECTIONS: tuple[Section, ...] = get_args(Section)
"""Sections of a report in their order."""

Kind = Literal[
    "verdict",
    "statement",
    "number",
    "share",
    "volume",
    "length",
    "side",
    "class",
    "set",
    "list",
    "sequence",
    "survival",
    "published",
    "question",
]
Unit = Literal[
    "", "%", "ml", "mm", "cm²", "years", "months", "patients", "cases", "pieces", "checks", "questions", "pictures"
]
Polarity = Literal["", "yes", "no"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Part):
    """One number as a report writes it: rounded once, here, so that no writer rounds."""

    name: str = Field(description="Role in its fact, such as `volume`, `low`, `high`, `n`.")
    shown: str = Field(description="Its digits as printed, such as `12.3`; the same in both languages.")
    unit: Unit = ""
    bound: Literal["", "<", ">"] = Field("", description="The value is below, or above, what is shown.")

    @field_validator("shown")
    @classmethod
    def _is_a_number(cls, shown: str) -> str:
        if not math.isfinite(float(shown.replace(",", ""))):
            raise ValueError(f"{shown!r} is no number")
        return shown

    @property
    def number(self) -> float:
        """The number that is printed."""
        return float(self.shown.replace(",", ""))


class Correction(_Part):
    """A correction that a publication's own journal printed."""

    year: int
    doi: str


class Source(_Part):
    """A publication that a statement or a question stands on."""

    cite: str = Field(description="Authors or body, journal, as printed in both languages.")
    year: int | None = Field(None, description="Empty of a collection, whose figures name their own years.")
    doi: str = ""
    pmid: str = Field("", description="PubMed's or PubMed Central's number, with its letters: `PMID 123`, `PMC123`.")
    correction: Correction | None = Field(None, description="Of the publication, where there is one.")
    collection: bool = Field(False, description="True of figures computed from a public collection's own tables.")


class Fact(_Part):
    """One fact of a case, or one thing that is known of a group."""

    id: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_+]+)*$", description="Stable name, such as `volume.enhancing`.")
    section: Section
    kind: Kind
    required: bool = Field(False, description="True where no report may leave it out.")
    values: tuple[Value, ...] = ()
    terms: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Role → codes of a closed vocabulary, such as `class` → `mutant`."
    )
    polarity: Polarity = Field("", description="Empty where the fact is neither affirmed nor denied.")
    wording: dict[Language, str] = Field(
        default_factory=dict, description="Of statements and questions that are printed as they stand; else empty."
    )
    sources: tuple[Source, ...] = Field((), description="Publications that it stands on.")

    def value(self, name: str) -> Value:
        """The value of a role.

        Raises:
            KeyError: the fact has none.
        """
        found = self.get(name)
        if found is None:
            raise KeyError(f"{self.id} has no value {name!r}")
        return found

    def get(self, name: str) -> Value | None:
        """The value of a role, where there is one."""
        return next((one for one in self.values if one.name == name), None)

    def term(self, role: str) -> str:
        """The only code of a role."""
        (code,) = self.terms[role]
        return code


class Facts(_Part):
    """The facts of a report, section by section."""

    facts: tuple[Fact, ...]

    @model_validator(mode="after")
    def _ids_are_unique_and_ordered(self) -> Self:
        ids = [one.id for one in self.facts]
        if len(set(ids)) < len(ids):
            raise ValueError(f"a fact stands twice: {sorted({one for one in ids if ids.count(one) > 1})}")
        places = [SECTIONS.index(one.section) for one in self.facts]
        if places != sorted(places):
            raise ValueError("facts are to stand in the order of SECTIONS")
        return self

    def __getitem__(self, fact_id: str) -> Fact:
        found = self.get(fact_id)
        if found is None:
            raise KeyError(fact_id)
        return found

    def __contains__(self, fact_id: str) -> bool:
        return self.get(fact_id) is not None

    def __len__(self) -> int:
        return len(self.facts)

    def get(self, fact_id: str) -> Fact | None:
        """A fact by its id, where there is one."""
        return next((one for one in self.facts if one.id == fact_id), None)

    def of(self, section: Section) -> tuple[Fact, ...]:
        """The facts of a section, in order."""
        return tuple(one for one in self.facts if one.section == section)

    def under(self, prefix: str) -> Iterator[Fact]:
        """Facts whose id begins with `prefix` and a point."""
        return (one for one in self.facts if one.id.startswith(f"{prefix}."))

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(one.id for one in self.facts)

    @property
    def required(self) -> frozenset[str]:
        """Ids of facts that no report may leave out."""
        return frozenset(one.id for one in self.facts if one.required)

    def table(self) -> list[dict[str, Any]]:
        """The facts for JSON, without what is empty."""
        return [one.model_dump(mode="json", exclude_defaults=True) for one in self.facts]
