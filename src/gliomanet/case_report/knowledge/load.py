"""Reading of the knowledge files beside this one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from gliomanet.case_report.fact import LANGUAGES, Language, Source, Value

When = Literal["always", "sequence_missing", "wildtype_open", "mutant_open", "lower_grade_open"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Published(_Part):
    """Figures of a published group."""

    id: str
    types: dict[str, tuple[str, ...]] = Field(description="Integrated type → grades that the figures are of.")
    values: dict[str, str] = Field(description="Name → number and unit, such as `14.7 months`.")
    en: str
    zh: str
    sources: tuple[Source, ...] = Field(min_length=1)

    @property
    def numbers(self) -> tuple[Value, ...]:
        """The figures as values of a fact."""
        parts = {name: told.partition(" ") for name, told in self.values.items()}
        return tuple(
            Value.model_validate({"name": name, "shown": number, "unit": unit})
            for name, (number, _, unit) in parts.items()
        )

    @property
    def wording(self) -> dict[Language, str]:
        """Language → the sentence with its figures and its sources."""
        shown = {one.name: one.shown for one in self.numbers}
        return _sourced({"en": self.en.format(**shown), "zh": self.zh.format(**shown)}, self.sources)


class Question(_Part):
    """A question for the team."""

    id: str
    when: When
    en: str
    zh: str
    sources: tuple[Source, ...] = Field(min_length=1)

    @property
    def wording(self) -> dict[Language, str]:
        """Language → the question with its sources."""
        return _sourced({"en": self.en, "zh": self.zh}, self.sources)


@cache
def published() -> tuple[Published, ...]:
    """Published groups, in the order of a report."""
    return tuple(Published.model_validate(one) for one in _content("prognosis"))


@cache
def questions() -> tuple[Question, ...]:
    """Questions, in the order of a report."""
    return tuple(Question.model_validate(one) for one in _content("questions"))


@cache
def statements() -> dict[str, dict[Language, str]]:
    """Id of a fact → its wording in each language."""
    found: dict[str, dict[Language, str]] = {}
    for name, said in _content("statements").items():
        found[name] = {language: str(said[language]) for language in LANGUAGES}
    return found


def cited(source: Source) -> str:
    """A source as a sentence names it: without its digital identifier, which the list of sources prints."""
    return source.cite if source.year is None else f"{source.cite}, {source.year}"


def _sourced(said: dict[Language, str], sources: tuple[Source, ...]) -> dict[Language, str]:
    names = "; ".join(map(cited, sources))
    return {"en": f"{said['en']} [{names}]", "zh": f"{said['zh']}［{names}］"}


def _content(name: str) -> Any:
    text = files("gliomanet.case_report").joinpath(f"knowledge/{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)
