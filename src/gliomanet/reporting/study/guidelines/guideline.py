"""A reporting guideline, read from its file and answered from a run.

A new guideline is a file in `reporting/guidelines`: `name`, `about`, `source` and `items`, each with `item` (its
number), `section`, `asks` in own words, `run` (names of `facts.FACTS`) and `author` (what only a person can say).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gliomanet.reporting.study.facts import FACTS
from gliomanet.reporting.study.facts.fact import Fact
from gliomanet.reporting.study.results import StudyResults

State = Literal["run", "run and author", "author"]


class Item(BaseModel):
    """One item: what it asks for, the facts that answer it, and what is left to the author."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    item: Annotated[str, BeforeValidator(str)]
    section: str
    asks: str
    run: tuple[str, ...] = ()
    author: str = ""

    @model_validator(mode="after")
    def _somebody_answers(self) -> Self:
        unknown = [name for name in self.run if name not in FACTS]
        if unknown or not (self.run or self.author):
            raise ValueError(f"item {self.item}: no such facts: {unknown}; known: {', '.join(FACTS)}")
        return self


class Guideline(BaseModel):
    """A guideline with its items, as its file holds it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    about: str
    source: str
    items: tuple[Item, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Answer:
    """An item as the run answers it.

    Attributes:
        item: the item.
        facts: what the run says, in the item's order.
        missing: what is left to the author; "" where the run says all.
    """

    item: Item
    facts: tuple[Fact, ...]
    missing: str

    @property
    def state(self) -> State:
        """Party that answers."""
        if not self.facts:
            return "author"
        return "run and author" if self.missing else "run"


@cache
def guidelines() -> dict[str, Guideline]:
    """The guidelines by the name of their file."""
    folder = files("gliomanet.reporting").joinpath("guidelines")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    texts = {name.removesuffix(".yaml"): folder.joinpath(name).read_text(encoding="utf-8") for name in names}
    return {name: Guideline.model_validate(yaml.safe_load(text)) for name, text in texts.items()}


def answered(guideline: Guideline, facts: dict[str, Fact]) -> list[Answer]:
    """Answer every item.

    Args:
        guideline: the guideline.
        facts: name → fact, of those that the run knows; see `known_facts`.
    """
    answers = []
    for item in guideline.items:
        found = tuple(facts[name] for name in item.run if name in facts)
        missing = item.author
        if item.run and not found and not missing:
            missing = "not part of this run: say so, or say where it was done"
        answers.append(Answer(item, found, missing))
    return answers


def known_facts(results: StudyResults) -> dict[str, Fact]:
    """Name → fact, of those that this run knows."""
    told = {name: teller(results) for name, teller in FACTS.items()}
    return {name: fact for name, fact in told.items() if fact is not None}
